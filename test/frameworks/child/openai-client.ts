import type { Agent, Ask, FrameworkUnderTest, World } from '../framework-under-test.ts';

/** Oldest and newest of each major, as every file that is about `openai` runs them. */
export const OPENAI_INSTALLS: FrameworkUnderTest['installs'] = [
  { folder: 'openai-7', formats: ['esm', 'cjs'] },
  { folder: 'openai-7-first', formats: ['esm', 'cjs'] },
  { folder: 'openai-6', formats: ['esm', 'cjs'] },
  { folder: 'openai-5', formats: ['esm', 'cjs'] },
  { folder: 'openai-4', formats: ['esm', 'cjs'] },
];

/** What a loop of one's own around the model does not have. */
export const LOOP_LACKS: FrameworkUnderTest['lacks'] = {
  'own-approve': 'the loop asks nobody',
  'own-edit': 'the loop asks nobody',
  'own-reject': 'the loop asks nobody',
  mcp: 'the loop has no MCP client',
  'mcp-error': 'the loop has no MCP client',
  'mcp-block': 'the loop has no MCP client',
  throw:
    'the loop tells the model of what a tool threw in words of its own: a failure that is likely, not certain',
  parallel: 'as throw: one of its three calls throws',
  'unknown-tool': 'the loop answers by itself, and nobody is told',
  'sub-agent': 'the loop has no place in the call of a tool',
};

type WithAgent = (
  identity: { readonly name: string },
  action: (agent: { readonly signal: AbortSignal }) => Promise<string>,
) => Promise<string>;

/** What is called within the agent. */
type Loop<Client> = (client: Client, ask: Ask, signal: AbortSignal) => Promise<string>;

/** A client of `openai`, and a loop around it as people write it: with nothing of ours but `withAgent`, which gives the run its name. */
export async function openAiAgent<Client>(world: World, loop: Loop<Client>): Promise<Agent> {
  const own = '@aftertrace/instrumentation';
  const { withAgent } = (await import(own)) as { readonly withAgent: WithAgent };
  const openai = await world.load<{ readonly default: new (options: object) => Client }>('openai');
  const client = new openai.default({
    apiKey: 'test',
    baseURL: `${world.server}/v1`,
    maxRetries: 0,
  });
  return {
    run: (ask) => withAgent({ name: ask.agent }, ({ signal }) => loop(client, ask, signal)),
  };
}
