import { ANTHROPIC_INSTALLS, anthropicAgent } from '../child/anthropic-client.ts';
import type { Ask, FrameworkUnderTest, TestTool } from '../framework-under-test.ts';

/** What is used of `@anthropic-ai/sdk`. */
interface Client {
  readonly beta: { readonly messages: { toolRunner(body: object): Runner } };
}

/** Its steps are messages or, where they stream, the streams of them. */
interface Runner extends AsyncIterable<AsyncIterable<unknown>> {
  done(): Promise<Message>;
}

interface Message {
  readonly content: readonly { readonly text?: string }[];
}

export const framework: FrameworkUnderTest = {
  name: 'anthropic',
  package: '@anthropic-ai/sdk',
  installs: ANTHROPIC_INSTALLS,
  lacks: {
    'own-approve': 'it asks nobody',
    'own-edit': 'it asks nobody',
    'own-reject': 'it asks nobody',
    mcp: 'it has no MCP client of its own',
    'mcp-error': 'it has no MCP client of its own',
    'mcp-block': 'it has no MCP client of its own',
  },
  hasLoopSpan: true,
  closesAsOk: true,
  open: (world) => anthropicAgent(world, askRunner),
};

async function askRunner(client: Client, ask: Ask, signal: AbortSignal): Promise<string> {
  const runner = client.beta.messages.toolRunner({
    model: 'claude-test',
    max_tokens: 1000,
    messages: [{ role: 'user', content: ask.prompt }],
    tools: ask.tools.map((tool) => declare(tool, signal)),
    stream: ask.stream,
  });
  for await (const step of runner) {
    if (!ask.stream) continue;
    for await (const event of step) void event;
  }
  const { content } = await runner.done();
  return content.map(({ text }) => text ?? '').join('');
}

/** As its own `betaTool` makes one. */
function declare(tool: TestTool, outer: AbortSignal): object {
  const { name, description, parameters, run } = tool;
  return {
    type: 'custom',
    name,
    description,
    input_schema: parameters,
    parse: (input: unknown) => input,
    run: async (input: unknown, context?: { readonly signal?: AbortSignal }) =>
      JSON.stringify(await run(input, context?.signal ?? outer)),
  };
}
