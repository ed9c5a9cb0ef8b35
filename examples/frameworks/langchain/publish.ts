/** Writes posts: a LangChain agent whose publishing waits for a reviewer, by the middleware that LangChain has for it. */
import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';

import { Command, MemorySaver } from '@langchain/langgraph';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent, humanInTheLoopMiddleware, tool } from 'langchain';
import { z } from 'zod';

/** What the middleware asks, as far as it is used here. */
interface Question {
  readonly actionRequests: readonly { readonly args: unknown }[];
}

const draft = tool(({ title }) => ({ draft: `# ${title}\nCall us: +49 30 12345678` }), {
  name: 'draft',
  description: 'Draft a post.',
  schema: z.object({ title: z.string() }),
});

const publish = tool(
  ({ text }) => {
    stdout.write(`PUBLISHED ${text}\n`);
    return { success: true };
  },
  { name: 'publish', description: 'Publish a post.', schema: z.object({ text: z.string() }) },
);

const writer = createAgent({
  name: 'writer',
  model: new ChatOpenAI({ model: 'gpt-5-mini' }),
  tools: [draft, publish],
  systemPrompt: 'You write posts: draft, then publish.',
  checkpointer: new MemorySaver(),
  middleware: [humanInTheLoopMiddleware({ interruptOn: { publish: true } })],
});

const config = {
  configurable: { thread_id: 'posts', approver: process.env['USER'] ?? 'reviewer' },
};
const content = process.argv[2] ?? 'A post about the new lamp.';
let state = await writer.invoke({ messages: [{ role: 'user', content }] }, config);
for (;;) {
  const request = state.__interrupt__?.[0]?.value as Question | undefined;
  if (request === undefined) break;
  const terminal = createInterface({ input: stdin, output: stdout });
  const question = `${JSON.stringify(request.actionRequests[0]?.args)} (y/n)? `;
  const isApproved = (await terminal.question(question)).startsWith('y');
  terminal.close();
  const reason = isApproved ? 'read it' : 'The reviewer said no.';
  const decision = isApproved
    ? { type: 'approve', reason }
    : { type: 'reject', message: reason, reason };
  state = await writer.invoke(new Command({ resume: { decisions: [decision] } }), config);
}
stdout.write(`\n${state.messages.at(-1)?.text}\n`);
