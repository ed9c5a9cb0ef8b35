import { OPENAI_INSTALLS, openAiAgent } from '../child/openai-client.ts';
import { callTool, LOOP_LACKS } from '../child/raw-loop.ts';
import type { Ask, FrameworkUnderTest } from '../framework-under-test.ts';

/** What is used of `openai`. */
interface Client {
  readonly chat: {
    readonly completions: { create(body: object): Promise<Completion & AsyncIterable<Chunk>> };
  };
}

interface Completion {
  readonly choices: readonly { readonly message: Message }[];
}

interface Chunk {
  readonly choices: readonly {
    readonly delta: { readonly content?: string | null; readonly tool_calls?: readonly Piece[] };
  }[];
}

interface Piece {
  readonly index: number;
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

interface Message {
  readonly role: string;
  readonly content: string | null;
  readonly tool_calls?: readonly Call[];
}

interface Call {
  readonly id: string;
  readonly type: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A loop as people write it, with nothing of ours but `withAgent`, which says that it is a run. */
export const framework: FrameworkUnderTest = {
  name: 'openai-chat',
  package: 'openai',
  installs: OPENAI_INSTALLS,
  lacks: LOOP_LACKS,
  toldInProse: ['throw', 'parallel', 'unknown-tool'],
  open: (world) => openAiAgent(world, loop),
};

async function loop(client: Client, ask: Ask, signal: AbortSignal): Promise<string> {
  const messages: object[] = [{ role: 'user', content: ask.prompt }];
  const tools = ask.tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters },
  }));
  for (;;) {
    const body = { model: 'gpt-test', messages, tools, stream: ask.stream };
    const answer = await client.chat.completions.create(body);
    const message = ask.stream ? await whole(answer) : answer.choices[0]?.message;
    if (message?.tool_calls === undefined) return message?.content ?? '';
    messages.push(message);
    const results = message.tool_calls.map(async ({ id, function: { name, arguments: given } }) => {
      const call = { name, arguments: JSON.parse(given) as unknown };
      const { text } = await callTool(ask, call, signal);
      return { role: 'tool', tool_call_id: id, content: text };
    });
    messages.push(...(await Promise.all(results)));
  }
}

/** A streamed message, put together. */
async function whole(chunks: AsyncIterable<Chunk>): Promise<Message> {
  let content = '';
  const calls: { id: string; type: string; function: { name: string; arguments: string } }[] = [];
  for await (const { choices } of chunks) {
    const { delta } = choices[0] ?? {};
    content += delta?.content ?? '';
    for (const { index, id, function: called } of delta?.tool_calls ?? []) {
      const call = (calls[index] ??= {
        id: '',
        type: 'function',
        function: { name: '', arguments: '' },
      });
      call.id += id ?? '';
      call.function.name += called?.name ?? '';
      call.function.arguments += called?.arguments ?? '';
    }
  }
  return { role: 'assistant', content, ...(calls.length === 0 ? {} : { tool_calls: calls }) };
}
