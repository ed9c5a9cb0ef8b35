import type { Agent, Ask, FrameworkUnderTest, World } from '../framework-under-test.ts';

/** What is used of `openai`. */
interface OpenAi {
  readonly default: new (options: object) => Client;
}

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
  installs: [
    { folder: 'openai-7', formats: ['esm', 'cjs'] },
    { folder: 'openai-7-first', formats: ['esm', 'cjs'] },
    { folder: 'openai-6', formats: ['esm', 'cjs'] },
    { folder: 'openai-5', formats: ['esm', 'cjs'] },
    { folder: 'openai-4', formats: ['esm', 'cjs'] },
  ],
  lacks: {
    'own-approve': 'the loop asks nobody',
    'own-edit': 'the loop asks nobody',
    'own-reject': 'the loop asks nobody',
    mcp: 'the loop has no MCP client',
    'mcp-error': 'the loop has no MCP client',
    'mcp-block': 'the loop has no MCP client',
    throw:
      'the loop tells the model of what a tool threw in words of its own: a failure that is likely, not certain',
    parallel: 'as throw',
    'soft-failure': 'as throw',
    'unknown-tool': 'as throw',
    'sub-agent': 'the loop has no place in the call of a tool',
  },
  open: async (world) => createAgent(world, await world.load<OpenAi>('openai')),
};

type WithAgent = (
  identity: { readonly name: string },
  action: (agent: { readonly signal: AbortSignal }) => Promise<string>,
) => Promise<string>;

async function createAgent(world: World, openai: OpenAi): Promise<Agent> {
  const own = '@aftertrace/instrumentation';
  const { withAgent } = (await import(own)) as { readonly withAgent: WithAgent };
  const client = new openai.default({
    apiKey: 'test',
    baseURL: `${world.server}/v1`,
    maxRetries: 0,
  });
  return {
    run: (ask) => withAgent({ name: ask.agent }, ({ signal }) => loop(client, ask, signal)),
  };
}

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
    for (const { call_id, name, arguments: given = '' } of calls) {
      const tool = ask.tools.find((one) => one.name === name);
      const result = JSON.stringify(await tool?.run(JSON.parse(given), signal));
      input.push({ type: 'function_call_output', call_id, output: result });
    }
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
