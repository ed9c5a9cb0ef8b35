import { OPENAI_INSTALLS, openAiAgent } from '../child/openai-client.ts';
import type { Ask, FrameworkUnderTest, TestTool } from '../framework-under-test.ts';

/** What is used of `openai`. */
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
  installs: OPENAI_INSTALLS,
  lacks: {
    'own-approve': 'it asks nobody',
    'own-edit': 'it asks nobody',
    'own-reject': 'it asks nobody',
    mcp: 'it has no MCP client',
    'mcp-error': 'it has no MCP client',
    'mcp-block': 'it has no MCP client',
    'sub-agent': 'its loop takes no agent for a tool',
  },
  // A throw out of a function ends the loop.
  dies: ['throw', 'parallel'],
  open: (world) => openAiAgent(world, askRunner),
};

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
