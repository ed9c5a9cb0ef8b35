import type { Agent, Ask, FrameworkUnderTest, TestTool, World } from '../framework-under-test.ts';

/** What is used of `openai`. */
interface OpenAi {
  readonly default: new (options: object) => Client;
}

interface Client {
  readonly chat: { readonly completions: Completions };
  readonly beta?: { readonly chat?: { readonly completions?: Partial<Completions> } };
}

interface Completions {
  runTools(body: object): { finalContent(): Promise<string | null> };
}

export const framework: FrameworkUnderTest = {
  name: 'openai',
  package: 'openai',
  installs: [
    { folder: 'openai-7', formats: ['esm', 'cjs'] },
    { folder: 'openai-7-first', formats: ['esm', 'cjs'] },
    { folder: 'openai-6', formats: ['esm', 'cjs'] },
    { folder: 'openai-5', formats: ['esm', 'cjs'] },
    { folder: 'openai-4', formats: ['esm', 'cjs'] },
  ],
  lacks: {
    'own-approve': 'it asks nobody',
    'own-edit': 'it asks nobody',
    'own-reject': 'it asks nobody',
    mcp: 'it has no MCP client',
    'mcp-error': 'it has no MCP client',
    'mcp-block': 'it has no MCP client',
    'sub-agent': 'its loop takes no agent for a tool',
    'unknown-tool': 'its runner answers by itself and tells nobody',
  },
  // A throw out of a function ends the loop.
  dies: ['throw', 'parallel'],
  open: async (world) => createAgent(world, await world.load<OpenAi>('openai')),
};

type WithAgent = (
  identity: { readonly name: string },
  action: (agent: { readonly signal: AbortSignal }) => Promise<string>,
) => Promise<string>;

/** The SDK's loop has no name; `withAgent` gives it one. */
async function createAgent(world: World, openai: OpenAi): Promise<Agent> {
  const own = '@aftertrace/instrumentation';
  const { withAgent } = (await import(own)) as { readonly withAgent: WithAgent };
  const client = new openai.default({
    apiKey: 'test',
    baseURL: `${world.server}/v1`,
    maxRetries: 0,
  });
  return {
    run: (ask) => withAgent({ name: ask.agent }, ({ signal }) => askRunner(client, ask, signal)),
  };
}

/** `runTools`, in 4 under `beta`. */
async function askRunner(client: Client, ask: Ask, signal: AbortSignal): Promise<string> {
  const { completions } = client.chat;
  const owner = 'runTools' in completions ? completions : client.beta?.chat?.completions;
  const runner = owner?.runTools?.({
    model: 'gpt-test',
    messages: [{ role: 'user', content: ask.prompt }],
    tools: ask.tools.map((tool) => declare(tool, signal)),
    stream: ask.stream,
  });
  return (await runner?.finalContent()) ?? '';
}

function declare({ name, description, parameters, run }: TestTool, signal: AbortSignal): object {
  return {
    type: 'function',
    function: {
      name,
      description,
      parameters,
      parse: (given: string) => JSON.parse(given) as unknown,
      function: (input: unknown) => run(input, signal),
    },
  };
}
