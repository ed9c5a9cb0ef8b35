/** Settles claims of an insurance: `toolRunner` runs the tools, until there is no more to do. */
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { ToolError } from '@anthropic-ai/sdk/resources/beta/messages/messages';

const client = new Anthropic();

const policies = new Map([
  ['P-7', { holder: 'Ada Example', iban: 'DE89370400440532013000', limit: 5000 }],
]);

const findPolicy = betaTool({
  name: 'find_policy',
  description: 'Find the policy of a holder by its number.',
  inputSchema: { type: 'object', properties: { policy: { type: 'string' } }, required: ['policy'] },
  run: ({ policy }) => {
    const found = policies.get(policy);
    if (found === undefined) throw new ToolError(`there is no policy ${policy}`);
    return JSON.stringify(found);
  },
});

const settle = betaTool({
  name: 'settle',
  description: 'Pay a claim out.',
  inputSchema: {
    type: 'object',
    properties: {
      policy: { type: 'string' },
      amount: { type: 'number' },
      note: { type: 'string' },
    },
    required: ['policy', 'amount', 'note'],
  },
  run: ({ policy, amount, note }) => {
    if (amount > (policies.get(policy)?.limit ?? 0)) throw new ToolError('above the limit');
    return JSON.stringify({ paid: amount, note });
  },
});

const runner = client.beta.messages.toolRunner({
  model: 'claude-haiku-4-5',
  max_tokens: 1000,
  max_iterations: 8,
  system: 'You settle claims. Look the policy up first.',
  messages: [
    {
      role: 'user',
      content: process.argv[2] ?? 'Policy P7, water damage, 900 EUR. Please settle.',
    },
  ],
  tools: [findPolicy, settle],
});

for await (const message of runner) {
  for (const block of message.content) {
    if (block.type === 'text') process.stdout.write(`${block.text}\n`);
    if (block.type === 'tool_use')
      process.stdout.write(`> ${block.name} ${JSON.stringify(block.input)}\n`);
  }
}
