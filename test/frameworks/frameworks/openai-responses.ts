import { OPENAI_INSTALLS, openAiAgent } from '../child/openai-client.ts';
import { callTool, LOOP_LACKS } from '../child/raw-loop.ts';
import type { Ask, FrameworkUnderTest } from '../framework-under-test.ts';

/** What is used of `openai`. */
interface Client {
  readonly responses: { create(body: object): Promise<Response & AsyncIterable<Event>> };
}

interface Response {
  readonly id: string;
  readonly output: readonly Item[];
}

interface Item {
  readonly type: string;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly content?: readonly { readonly text?: string }[];
}

interface Event {
  readonly type: string;
  readonly response?: Response;
}

/** A loop as people write it, with nothing of ours but `withAgent`, which says that it is a run. */
export const framework: FrameworkUnderTest = {
  name: 'openai-responses',
  package: 'openai',
  installs: OPENAI_INSTALLS,
  lacks: LOOP_LACKS,
  toldInProse: ['throw', 'parallel', 'unknown-tool'],
  open: (world) => openAiAgent(world, loop),
};

async function loop(client: Client, ask: Ask, signal: AbortSignal): Promise<string> {
  const input: object[] = [{ role: 'user', content: ask.prompt }];
  const tools = ask.tools.map(({ name, description, parameters }) => ({
    type: 'function',
    name,
    description,
    parameters,
    strict: true,
  }));
  for (;;) {
    const body = { model: 'gpt-test', input, tools, stream: ask.stream };
    const answer = await client.responses.create(body);
    const { output } = ask.stream ? await whole(answer) : answer;
    input.push(...output);
    const calls = output.filter(({ type }) => type === 'function_call');
    if (calls.length === 0) {
      return output.flatMap(({ content = [] }) => content.map(({ text }) => text ?? '')).join('');
    }
    const outputs = calls.map(async ({ call_id, name = '', arguments: given = '' }) => {
      const call = { name, arguments: JSON.parse(given) as unknown };
      const { text } = await callTool(ask, call, signal);
      return { type: 'function_call_output', call_id, output: text };
    });
    input.push(...(await Promise.all(outputs)));
  }
}

/** A streamed response: its last event brings it whole. */
async function whole(events: AsyncIterable<Event>): Promise<Response> {
  let response: Response | undefined;
  for await (const event of events)
    if (event.type === 'response.completed') response = event.response;
  if (response === undefined) throw new Error('the stream broke off');
  return response;
}
