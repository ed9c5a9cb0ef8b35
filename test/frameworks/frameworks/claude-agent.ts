import { createServer, type IncomingMessage, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import type { Agent, Ask, FrameworkUnderTest, TestTool, World } from '../framework-under-test.ts';

/** What is used of `@anthropic-ai/claude-agent-sdk`. */
interface Sdk {
  readonly query: (params: {
    readonly prompt: string;
    readonly options: object;
  }) => AsyncIterable<{ readonly type: string; readonly result?: string }>;
}

const reason = 'its MCP servers are called by the Claude Code process';

export const framework: FrameworkUnderTest = {
  name: 'claude-agent',
  package: '@anthropic-ai/claude-agent-sdk',
  installs: [
    { folder: 'claude-agent-0.2-first', formats: ['esm'] },
    { folder: 'claude-agent-0.2', formats: ['esm'] },
    { folder: 'claude-agent-0.3-first', formats: ['esm'] },
    { folder: 'claude-agent-0.3', formats: ['esm'] },
  ],
  lacks: {
    mcp: reason,
    'mcp-error': reason,
    'mcp-block': reason,
    'sub-agent': 'its sub-agents run in the Claude Code process; a unit test plays their hooks',
  },
  noChatSpans: 'its model calls are made by the Claude Code process',
  asksWithin: true,
  open: async (world) =>
    createAgent(world, await world.load<Sdk>('@anthropic-ai/claude-agent-sdk')),
};

function createAgent(world: World, sdk: Sdk): Agent {
  return {
    run: async (ask) => {
      const server = await serveTools(ask.tools);
      try {
        return await question(world, sdk, { ask, url: addressOf(server) });
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

async function question(
  world: World,
  { query }: Sdk,
  { ask, url }: { readonly ask: Ask; readonly url: string },
): Promise<string> {
  const tools = ask.tools.map(({ name, description, parameters, needsApproval }) => ({
    name,
    description,
    input_schema: parameters,
    needsApproval,
  }));
  let text = '';
  for await (const message of query({
    prompt: ask.prompt,
    options: {
      agent: ask.agent,
      allowedTools: ask.tools.filter((tool) => !tool.needsApproval).map(({ name }) => name),
      pathToClaudeCodeExecutable: fileURLToPath(
        new URL('../harness/claude-cli.ts', import.meta.url),
      ),
      executable: process.execPath,
      // The fake is TypeScript; the SDK takes `NODE_OPTIONS` out of its environment.
      executableArgs: (process.env['NODE_OPTIONS'] ?? '').split(' ').filter(Boolean),
      env: {
        PATH: process.env['PATH'],
        ANTHROPIC_BASE_URL: world.server,
        FAKE_TOOLS: JSON.stringify(tools),
        FAKE_TOOLS_URL: url,
      },
      ...(ask.answer === undefined ? {} : { canUseTool: answering(ask.answer) }),
    },
  })) {
    if (message.type === 'result') text = message.result ?? '';
  }
  return text;
}

/** The application's own permission function. */
function answering(answer: NonNullable<Ask['answer']>) {
  const { decision, actor: approver, reason: why, arguments: edited } = answer;
  return (_tool: string, input: object): Promise<object> =>
    Promise.resolve(
      decision === 'reject'
        ? { behavior: 'deny', message: why, approver }
        : {
            behavior: 'allow',
            updatedInput: decision === 'edit' ? edited : input,
            approver,
            reason: why,
          },
    );
}

/** Claude Code's own tools run in its process; those of the test run here. */
async function serveTools(tools: readonly TestTool[]): Promise<Server> {
  const server = createServer((request, response) => {
    const controller = new AbortController();
    response.on('close', () => controller.abort());
    void runTool(tools, request, controller.signal).then((result) =>
      response.end(JSON.stringify(result)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function runTool(
  tools: readonly TestTool[],
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<object> {
  const { name, input } = (await json(request)) as {
    readonly name: string;
    readonly input: unknown;
  };
  try {
    return { value: await tools.find((tool) => tool.name === name)?.run(input, signal) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function addressOf(server: Server): string {
  const address = server.address();
  return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
}
