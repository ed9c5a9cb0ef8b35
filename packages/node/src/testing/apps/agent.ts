/**
 * The application of the tests: a ToolLoopAgent that knows nothing of Aftertrace. Prompts come as arguments; what the
 * application saw is one JSON line on standard output.
 */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { jsonSchema, tool, ToolLoopAgent } from 'ai';

const schema = jsonSchema<Record<string, unknown>>({ type: 'object' });
const provider = createOpenAICompatible({
  name: 'openai',
  baseURL: process.env['MODEL_URL'] ?? '',
  includeUsage: true,
});
const ran: unknown[] = [];

const agent = new ToolLoopAgent({
  id: 'support',
  model: provider('gpt-test'),
  instructions: 'You help customers.',
  runtimeContext: { conversationId: 'conv-1' },
  tools: {
    lookup_order: tool({
      description: 'Looks an order up',
      inputSchema: schema,
      execute: (input) => {
        ran.push(['lookup_order', input]);
        return { order: 'A1', state: 'shipped', email: 'ana@example.com' };
      },
    }),
    refund: tool({
      inputSchema: schema,
      execute: async (input) => {
        ran.push(['refund', input]);
        await Promise.resolve();
        return { success: false, error: 'card expired' };
      },
    }),
    explode: tool({
      inputSchema: schema,
      execute: (): string => {
        ran.push(['explode']);
        throw new TypeError('boom');
      },
    }),
    count: tool({
      inputSchema: schema,
      execute: async function* () {
        ran.push(['count']);
        yield 'one';
        yield 'two';
      },
    }),
  },
});

const prompts = process.argv.slice(2);
for (const prompt of prompts) {
  if (process.env['STREAM'] === '1') {
    const result = await agent.stream({ prompt });
    const parts: unknown[] = [];
    for await (const part of result.stream) parts.push(summary(part));
    print({ prompt, text: await result.text, parts });
  } else {
    const result = await agent.generate({ prompt });
    print({ prompt, text: result.text, steps: result.steps.map((step) => step.content) });
  }
}
print({ ran });

function summary(part: { readonly type: string }): unknown {
  const { type } = part;
  if (type !== 'tool-result' && type !== 'tool-error') return type;
  const { output, error, preliminary } = part as {
    output?: unknown;
    error?: unknown;
    preliminary?: boolean;
  };
  return { type, output, preliminary, error: error instanceof Error ? error.message : error };
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
