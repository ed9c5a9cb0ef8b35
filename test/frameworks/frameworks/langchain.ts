import type { Agent, Ask, FrameworkUnderTest, TestTool, World } from '../framework-under-test.ts';

/** What is used of LangChain; `createAgent` is of 1, `createReactAgent` of before. */
interface LangChain {
  readonly tool: (run: (input: unknown, config: Config) => unknown, options: object) => object;
  readonly createAgent: (options: object) => Graph;
  readonly createReactAgent: (options: object) => Graph;
  readonly humanInTheLoopMiddleware: (options: object) => object;
  readonly ChatOpenAI: new (options: object) => object;
  readonly MemorySaver: new () => object;
  readonly Command: new (options: object) => object;
  readonly loadTools: (world: World) => Promise<Loaded>;
}

interface Config {
  readonly signal?: AbortSignal;
}

interface Graph {
  invoke(input: object, config: object): Promise<State>;
  stream(
    input: object,
    config: object,
  ): Promise<AsyncIterable<readonly [kind: string, part: State]>>;
}

interface State {
  readonly messages?: readonly { readonly content: unknown }[];
}

interface Loaded {
  readonly tools: readonly object[];
  close(): Promise<void>;
}

const noReview = 'humanInTheLoopMiddleware came with 1.0';
const noAdapters = 'its MCP tools are a package of its own, tried with 1';

export const framework: FrameworkUnderTest = {
  name: 'langchain',
  package: '@langchain/core',
  installs: [
    { folder: 'langchain-1', formats: ['esm', 'cjs'] },
    {
      folder: 'langchain-1-first',
      formats: ['esm', 'cjs'],
      lacks: {
        'unknown-tool': 'langchain 1.0 rejects there',
        'own-reject': 'langchain 1.0 ends the run there, without asking the model again',
      },
    },
    ...['langchain-0.3', 'langchain-0.3-first'].map((folder) => ({
      folder,
      formats: ['esm', 'cjs'] as const,
      lacks: {
        'own-approve': noReview,
        'own-edit': noReview,
        'own-reject': noReview,
        mcp: noAdapters,
        'mcp-error': noAdapters,
        'mcp-block': noAdapters,
      },
    })),
  ],
  lacks: {},
  open: async (world) => createTestAgent(world, await load(world)),
};

async function load(world: World): Promise<LangChain> {
  const core = await world.load<LangChain>('@langchain/core/tools');
  const graph = await world.load<LangChain>('@langchain/langgraph');
  const { ChatOpenAI } = await world.load<LangChain>('@langchain/openai');
  const isFirst = world.version.startsWith('0.');
  const agents = isFirst
    ? await world.load<LangChain>('@langchain/langgraph/prebuilt')
    : await world.load<LangChain>('langchain');
  return {
    tool: core.tool,
    createAgent: agents.createAgent,
    createReactAgent: agents.createReactAgent,
    humanInTheLoopMiddleware: agents.humanInTheLoopMiddleware,
    ChatOpenAI,
    MemorySaver: graph.MemorySaver,
    Command: graph.Command,
    loadTools: loadMcpTools,
  };
}

async function loadMcpTools(world: World): Promise<Loaded> {
  const { MultiServerMCPClient } = await world.load<{
    readonly MultiServerMCPClient: new (options: object) => {
      getTools(): Promise<readonly object[]>;
      close(): Promise<void>;
    };
  }>('@langchain/mcp-adapters');
  const client = new MultiServerMCPClient({
    prefixToolNameWithServerName: false,
    mcpServers: { shop: { transport: 'http', url: world.mcpServer } },
  });
  return { tools: await client.getTools(), close: () => client.close() };
}

function createTestAgent(world: World, langchain: LangChain): Agent {
  let conversations = 0;
  return {
    run: async (ask) => {
      const loaded = ask.mcp ? await langchain.loadTools(world) : undefined;
      const tools = loaded?.tools ?? ask.tools.map((tool) => declare(langchain, tool));
      const graph = build(world, langchain, { ask, tools });
      conversations += 1;
      const configurable = {
        thread_id: `thread-${conversations}`,
        ...(ask.answer === undefined ? {} : { approver: ask.answer.actor }),
      };
      try {
        return await converse(langchain, graph, {
          ask,
          config: {
            configurable,
            ...(langchain.createAgent === undefined ? { runName: ask.agent } : {}),
          },
        });
      } finally {
        await loaded?.close();
      }
    },
  };
}

function build(
  world: World,
  langchain: LangChain,
  { ask, tools }: { readonly ask: Ask; readonly tools: readonly object[] },
): Graph {
  const model = new langchain.ChatOpenAI({
    model: 'gpt-test',
    apiKey: 'none',
    maxRetries: 0,
    configuration: { baseURL: `${world.server}/v1` },
  });
  if (langchain.createAgent === undefined) {
    return langchain.createReactAgent({ llm: model, tools, name: ask.agent });
  }
  const reviewed = ask.tools.filter(({ needsApproval }) => needsApproval);
  const interruptOn = Object.fromEntries(reviewed.map(({ name }) => [name, true]));
  return langchain.createAgent({
    name: ask.agent,
    model,
    tools,
    checkpointer: new langchain.MemorySaver(),
    middleware: reviewed.length === 0 ? [] : [langchain.humanInTheLoopMiddleware({ interruptOn })],
  });
}

function declare({ tool }: LangChain, { name, description, parameters, run }: TestTool): object {
  const call = (input: unknown, { signal }: Config): unknown => run(input, signal);
  return tool(call, { name, description, schema: parameters });
}

interface Conversation {
  readonly ask: Ask;
  readonly config: object;
}

async function converse(
  langchain: LangChain,
  graph: Graph,
  { ask, config }: Conversation,
): Promise<string> {
  const input = { messages: [{ role: 'user', content: ask.prompt }] };
  if (ask.stream) {
    let last: State = {};
    const stream = await graph.stream(input, { ...config, streamMode: ['values', 'messages'] });
    for await (const [kind, part] of stream) if (kind === 'values') last = part;
    return textOf(last);
  }
  const state = await graph.invoke(input, config);
  const { answer } = ask;
  if (answer === undefined) return textOf(state);
  const action = { name: ask.tools[0]?.name, args: answer.arguments };
  const type = answer.decision;
  const decision = { type, message: answer.reason, reason: answer.reason };
  const edited = type === 'edit' ? { ...decision, editedAction: action } : decision;
  const resume = { decisions: [edited] };
  return textOf(await graph.invoke(new langchain.Command({ resume }), config));
}

function textOf({ messages }: State): string {
  const content = messages?.at(-1)?.content;
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
}
