import type { Agent, Ask, FrameworkUnderTest, TestTool, World } from '../framework-under-test.ts';

/** What is used of `@openai/agents`. */
interface Agents {
  readonly Agent: new (options: object) => object;
  readonly Runner: new (options: object) => {
    run(agent: object, input: unknown, options: object): Promise<Result>;
  };
  readonly OpenAIProvider: new (options: object) => object;
  readonly MCPServerStreamableHttp: new (options: object) => McpServer;
  readonly tool: (options: object) => object;
  readonly setTracingDisabled: (disabled: boolean) => void;
}

interface McpServer {
  connect(): Promise<void>;
  close(): Promise<void>;
}

interface Result extends AsyncIterable<unknown> {
  readonly finalOutput?: string;
  readonly completed?: Promise<void>;
  readonly interruptions: readonly object[];
  readonly state: {
    approve(item: object): void;
    reject(item: object, options: object): void;
  };
}

export const framework: FrameworkUnderTest = {
  name: 'openai-agents',
  package: '@openai/agents',
  installs: [
    { folder: 'agents-0.20', formats: ['esm', 'cjs'] },
    { folder: 'agents-0.5', formats: ['esm', 'cjs'] },
  ],
  lacks: { 'own-edit': 'its approvals say yes or no' },
  // The runner ends a run whose model asks for a tool that the agent does not have.
  dies: ['unknown-tool'],
  open: async (world) => createAgent(world, await world.load<Agents>('@openai/agents')),
};

function createAgent(world: World, agents: Agents): Agent {
  agents.setTracingDisabled(true);
  const modelProvider = new agents.OpenAIProvider({
    apiKey: 'test',
    baseURL: `${world.server}/v1`,
    useResponses: true,
  });
  const runner = new agents.Runner({ modelProvider, model: 'gpt-test' });
  return {
    run: async (ask) => {
      const server = ask.mcp
        ? new agents.MCPServerStreamableHttp({ url: world.mcpServer, name: 'orders' })
        : undefined;
      await server?.connect();
      try {
        return await askAgent(agents, runner, {
          ask,
          servers: server === undefined ? [] : [server],
        });
      } finally {
        await server?.close();
      }
    },
  };
}

interface Question {
  readonly ask: Ask;
  readonly servers: readonly McpServer[];
}

async function askAgent(
  agents: Agents,
  runner: InstanceType<Agents['Runner']>,
  { ask, servers }: Question,
): Promise<string> {
  const agent = new agents.Agent({
    name: ask.agent,
    instructions: 'Help.',
    tools: ask.tools.map((tool) => declare(agents, tool)),
    mcpServers: servers,
  });
  const { answer } = ask;
  const context =
    answer === undefined ? {} : { approver: { id: answer.actor, reason: answer.reason } };
  const result = await runner.run(agent, ask.prompt, { context, stream: ask.stream });
  if (ask.stream) {
    for await (const event of result) void event;
    await result.completed;
  }
  const [asked] = result.interruptions;
  if (answer === undefined || asked === undefined) return result.finalOutput ?? '';
  if (answer.decision === 'reject') result.state.reject(asked, { message: answer.reason });
  else result.state.approve(asked);
  const { finalOutput } = await runner.run(agent, result.state, { context });
  return finalOutput ?? '';
}

function declare(agents: Agents, tool: TestTool): object {
  return agents.tool({
    name: tool.name,
    description: tool.description,
    parameters: tool.parameters,
    strict: true,
    needsApproval: tool.needsApproval,
    execute: (input: unknown, _context: unknown, details?: { readonly signal?: AbortSignal }) =>
      tool.run(input, details?.signal),
    errorFunction: (_context: unknown, error: unknown) => String(error),
  });
}
