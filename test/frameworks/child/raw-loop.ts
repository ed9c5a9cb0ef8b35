import type { Agent, Ask, FrameworkUnderTest } from '../framework-under-test.ts';

/** What a loop of one's own around a model does not have. */
export const LOOP_LACKS: FrameworkUnderTest['lacks'] = {
  'own-approve': 'the loop asks nobody',
  'own-edit': 'the loop asks nobody',
  'own-reject': 'the loop asks nobody',
  mcp: 'the loop has no MCP client',
  'mcp-error': 'the loop has no MCP client',
  'mcp-block': 'the loop has no MCP client',
  'sub-agent': 'the loop has no place in the call of a tool',
};

type WithAgent = (
  identity: { readonly name: string },
  action: (agent: { readonly signal: AbortSignal }) => Promise<string>,
) => Promise<string>;

/** What is called within the agent. */
export type Loop<Client> = (client: Client, ask: Ask, signal: AbortSignal) => Promise<string>;

/** A loop around a client as people write it: with nothing of ours but `withAgent`, which gives the run its name. */
export async function loopAgent<Client>(client: Client, loop: Loop<Client>): Promise<Agent> {
  const own = '@aftertrace/instrumentation';
  const { withAgent } = (await import(own)) as { readonly withAgent: WithAgent };
  return {
    run: (ask) => withAgent({ name: ask.agent }, ({ signal }) => loop(client, ask, signal)),
  };
}

/** A call as the model asks for it. */
interface AskedCall {
  readonly name: string;
  readonly arguments: unknown;
}

/** What became of a call, in words for the model. */
interface Told {
  readonly text: string;
  readonly failed: boolean;
}

/** Makes a call; what a tool throws, and that there is none, the model is told in prose. */
export async function callTool(ask: Ask, call: AskedCall, signal: AbortSignal): Promise<Told> {
  const tool = ask.tools.find(({ name }) => name === call.name);
  if (tool === undefined) return { text: `Error: unknown tool ${call.name}`, failed: true };
  try {
    return { text: JSON.stringify(await tool.run(call.arguments, signal)), failed: false };
  } catch (error) {
    return { text: String(error), failed: true };
  }
}
