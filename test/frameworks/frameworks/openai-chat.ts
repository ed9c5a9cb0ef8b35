import type { Agent, Ask, FrameworkUnderTest, World } from '../framework-under-test.ts';

/** What is used of `openai`. */
interface OpenAi {
  readonly default: new (options: object) => Client;
}

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
    throw: 'the loop tells the model of what a tool threw in words of its own: a failure that is likely, not certain',
    parallel: 'as throw',
    'soft-failure': 'as throw',
    'unknown-tool': 'as throw',
    'sub-agent': 'the loop has no place in the call of a tool',
  },
  open: async (world) => createAgent(world, await world.load<OpenAi>('openai')),
};

function createAgent(world: World, openai: OpenAi): Agent {
  const client = new openai.default({ apiKey: 'test', baseURL: `${world.server}/v1`, maxRetries: 0 });
  return { run: (ask) => world.withAgent({ name: ask.agent }, () => loop(client, ask)) };
}
