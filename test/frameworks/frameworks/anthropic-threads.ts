import { anthropicAgent } from '../child/anthropic-client.ts';
import { callTool, LOOP_LACKS } from '../child/raw-loop.ts';
import type { Ask, FrameworkUnderTest } from '../framework-under-test.ts';

/** What is used of `@anthropic-ai/sdk`. */
interface Client {
  readonly beta: { readonly messages: { thread(params: object): Thread } };
}

interface Thread {
  send(messages: object): Promise<Message>;
  stream(messages: object): { finalMessage(): Promise<Message> };
}

interface Message {
  readonly content: readonly Block[];
}

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
}

/** A loop over a message thread, of which the provider keeps what was said. */
export const framework: FrameworkUnderTest = {
  name: 'anthropic-threads',
  package: '@anthropic-ai/sdk',
  installs: [{ folder: 'anthropic-1', formats: ['esm', 'cjs'] }],
  lacks: LOOP_LACKS,
  open: (world) => anthropicAgent(world, loop),
};

async function loop(client: Client, ask: Ask, signal: AbortSignal): Promise<string> {
  const tools = ask.tools.map(({ name, description, parameters }) => ({
    name,
    description,
    input_schema: parameters,
  }));
  const thread = client.beta.messages.thread({ model: 'claude-test', max_tokens: 1000, tools });
  let next: object = { role: 'user', content: ask.prompt };
  for (;;) {
    const { content } = await (ask.stream ? thread.stream(next).finalMessage() : thread.send(next));
    const uses = content.filter(({ type }) => type === 'tool_use');
    if (uses.length === 0) return content.map(({ text }) => text ?? '').join('');
    const results = uses.map(async ({ id, name = '', input }) => {
      const { text, failed } = await callTool(ask, { name, arguments: input }, signal);
      return { type: 'tool_result', tool_use_id: id, content: text, is_error: failed };
    });
    next = { role: 'user', content: await Promise.all(results) };
  }
}
