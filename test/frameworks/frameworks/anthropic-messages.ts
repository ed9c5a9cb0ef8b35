import { ANTHROPIC_INSTALLS, anthropicAgent } from '../child/anthropic-client.ts';
import { callTool, LOOP_LACKS } from '../child/raw-loop.ts';
import type { Ask, FrameworkUnderTest } from '../framework-under-test.ts';

/** What is used of `@anthropic-ai/sdk`. */
interface Client {
  readonly messages: {
    create(body: object): Promise<Message>;
    stream(body: object): { finalMessage(): Promise<Message> };
  };
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

/** A loop as people write it, with nothing of ours but `withAgent`, which says that it is a run. */
export const framework: FrameworkUnderTest = {
  name: 'anthropic-messages',
  package: '@anthropic-ai/sdk',
  installs: ANTHROPIC_INSTALLS,
  lacks: LOOP_LACKS,
  open: (world) => anthropicAgent(world, loop),
};

async function loop({ messages: api }: Client, ask: Ask, signal: AbortSignal): Promise<string> {
  const messages: object[] = [{ role: 'user', content: ask.prompt }];
  const tools = ask.tools.map(({ name, description, parameters }) => ({
    name,
    description,
    input_schema: parameters,
  }));
  for (;;) {
    const body = { model: 'claude-test', max_tokens: 1000, messages, tools };
    const { content } = await (ask.stream ? api.stream(body).finalMessage() : api.create(body));
    const uses = content.filter(({ type }) => type === 'tool_use');
    if (uses.length === 0) return content.map(({ text }) => text ?? '').join('');
    messages.push({ role: 'assistant', content });
    const results = uses.map(async ({ id, name = '', input }) => {
      const { text, failed } = await callTool(ask, { name, arguments: input }, signal);
      return { type: 'tool_result', tool_use_id: id, content: text, is_error: failed };
    });
    messages.push({ role: 'user', content: await Promise.all(results) });
  }
}
