import type { Agent, Ask, FrameworkUnderTest, TestTool, World } from '../framework-under-test.ts';

/** What is used of Mastra. */
interface Mastra {
  readonly Agent: new (options: object) => MastraAgent;
  readonly Mastra: new (options: object) => { getAgent(name: string): MastraAgent };
  readonly createTool: (options: object) => object;
  readonly InMemoryStore: new (options?: object) => object;
  readonly RequestContext: new () => { set(key: string, value: unknown): void };
}

interface MastraAgent {
  generate(prompt: string, options: object): Promise<Output>;
  stream(prompt: string, options: object): Promise<{ readonly text: Promise<string> }>;
  approveToolCallGenerate(options: object): Promise<Output>;
  declineToolCallGenerate(options: object): Promise<Output>;
}

interface Output {
  readonly text: string;
  readonly runId?: string;
}

const otherPackage = 'its MCP client is a package of its own';

export const framework: FrameworkUnderTest = {
  name: 'mastra',
  package: '@mastra/core',
  installs: [
    { folder: 'mastra-1', formats: ['esm', 'cjs'] },
    { folder: 'mastra-1-first', formats: ['esm', 'cjs'], dies: ['unknown-tool'] },
  ],
  lacks: {
    'own-edit': 'its approvals say yes or no',
    mcp: otherPackage,
    'mcp-error': otherPackage,
    'mcp-block': otherPackage,
  },
  noChatSpans: 'it brings an AI SDK of its own inside, and its models tell of themselves',
  open: async (world) => createTestAgent(world, await load(world)),
};

interface OpenAiCompatible {
  readonly createOpenAICompatible: (options: object) => (model: string) => object;
}

async function load(world: World): Promise<Mastra & OpenAiCompatible> {
  const { Mastra } = await world.load<Mastra>('@mastra/core/mastra');
  const { Agent } = await world.load<Mastra>('@mastra/core/agent');
  const { createTool } = await world.load<Mastra>('@mastra/core/tools');
  const { InMemoryStore } = await world.load<Mastra>('@mastra/core/storage');
  const { RequestContext } = await world.load<Mastra>('@mastra/core/request-context');
  const { createOpenAICompatible } = await world.load<OpenAiCompatible>(
    '@ai-sdk/openai-compatible',
  );
  return { Mastra, Agent, createTool, InMemoryStore, RequestContext, createOpenAICompatible };
}

function createTestAgent(world: World, mastra: Mastra & OpenAiCompatible): Agent {
  const provider = mastra.createOpenAICompatible({
    name: 'openai',
    baseURL: `${world.server}/v1`,
  });
  return {
    run: async (ask) => {
      const tools = Object.fromEntries(ask.tools.map((tool) => [tool.name, declare(mastra, tool)]));
      const agent = new mastra.Agent({
        id: ask.agent,
        name: ask.agent,
        instructions: 'You see to orders.',
        model: provider('gpt-test'),
        maxRetries: 0,
        tools: comeByStep(ask) ? {} : tools,
      });
      const host = new mastra.Mastra({
        agents: { [ask.agent]: agent },
        storage: new mastra.InMemoryStore(),
        logger: false,
      });
      const options = comeByStep(ask) ? { prepareStep: () => ({ tools }) } : {};
      return converse(mastra, host.getAgent(ask.agent), { ask, options });
    },
  };
}

/** An application may give tools step by step: they are governed as those of the agent. */
function comeByStep({ scenario }: Ask): boolean {
  return scenario === 'block' || scenario === 'transform' || scenario === 'soft-failure';
}

interface Conversation {
  readonly ask: Ask;
  readonly options: object;
}

async function converse(
  mastra: Mastra,
  agent: MastraAgent,
  { ask, options: own }: Conversation,
): Promise<string> {
  if (ask.stream) return (await agent.stream(ask.prompt, own)).text;
  const asked = await agent.generate(ask.prompt, own);
  const { answer } = ask;
  if (answer === undefined) return asked.text;
  const requestContext = new mastra.RequestContext();
  requestContext.set('approver', answer.actor);
  requestContext.set('approvalReason', answer.reason);
  const options = { runId: asked.runId, requestContext };
  const { text } =
    answer.decision === 'approve'
      ? await agent.approveToolCallGenerate(options)
      : await agent.declineToolCallGenerate(options);
  return text;
}

function declare({ createTool }: Mastra, tool: TestTool): object {
  return createTool({
    id: tool.name,
    description: tool.description,
    inputSchema: tool.parameters,
    requireApproval: tool.needsApproval,
    execute: (input: unknown, context?: { readonly abortSignal?: AbortSignal }) =>
      tool.run(input, context?.abortSignal),
  });
}
