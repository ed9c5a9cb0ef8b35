import { startMcpServer, type McpTools } from '../harness/mcp-server.ts';
import type { Agent, Ask, FrameworkUnderTest, TestTool, World } from '../framework-under-test.ts';
import { loopAgent } from './raw-loop.ts';

/** What a client of MCP does not have. */
export const MCP_LACKS: FrameworkUnderTest['lacks'] = {
  'own-approve': 'it asks nobody',
  'own-edit': 'it asks nobody',
  'own-reject': 'it asks nobody',
  'sub-agent': 'what a tool of a server asks is no part of this process',
  streaming: 'it asks no model',
  'streaming-block': 'it asks no model',
  'streaming-kill': 'it asks no model',
};

/** Why no model call has a span. */
export const NO_MODEL = 'the loop of the test asks the model by `fetch`';

/** A client of MCP, as far as both lines have it. */
export interface Client {
  connect(transport: object): Promise<void>;
  listTools(): Promise<{ readonly tools: readonly Tool[] }>;
  close(): Promise<void>;
}

interface Tool {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema: object;
}

interface Result {
  readonly isError?: boolean;
  readonly content: readonly { readonly text?: string }[];
}

/** A tool of a server, with its arguments. */
interface Call {
  readonly name: string;
  readonly arguments: unknown;
}

/** How a client of a line is made, and its tools called. */
export interface ClientLine {
  /** Connected with the server at this address. */
  connect(url: string): Promise<Client>;
  call(client: Client, call: Call, signal: AbortSignal): Promise<unknown>;
}

/** A loop around a model whose tools are those of an MCP server: that of the harness, or one with the tools of the scenario. */
export async function mcpAgent(world: World, line: ClientLine): Promise<Agent> {
  let tools: readonly TestTool[] = [];
  const server = await startMcpServer(() => offered(tools));
  const loop = async (_: unknown, ask: Ask, signal: AbortSignal): Promise<string> => {
    ({ tools } = ask);
    const client = await line.connect(ask.mcp ? world.mcpServer : server.url);
    try {
      return await converse(world, { ask, signal, client, line });
    } finally {
      await client.close();
    }
  };
  return { ...(await loopAgent(undefined, loop)), close: () => server.close() };
}

/** Tools of a scenario, as a server has them: what one throws is an error of the protocol. */
function offered(tools: readonly TestTool[]): McpTools {
  return {
    names: tools.map(({ name }) => name),
    call: async (wanted, args) => {
      const tool = tools.find(({ name }) => name === wanted);
      if (tool === undefined) return { error: { code: -32602, message: `no tool ${wanted}` } };
      try {
        const text = JSON.stringify(await tool.run(args));
        return { result: { content: [{ type: 'text', text }] } };
      } catch (error) {
        return { error: { code: -32603, message: String(error) } };
      }
    },
  };
}

interface Conversation {
  readonly ask: Ask;
  readonly signal: AbortSignal;
  readonly client: Client;
  readonly line: ClientLine;
}

interface Message {
  readonly content: string | null;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

async function converse(
  world: World,
  { ask, signal, client, line }: Conversation,
): Promise<string> {
  const { tools } = await client.listTools();
  const messages: object[] = [{ role: 'user', content: ask.prompt }];
  const functions = tools.map(({ name, description, inputSchema: parameters }) => ({
    type: 'function',
    function: { name, description, parameters },
  }));
  for (;;) {
    const response = await fetch(`${world.server}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-test', messages, tools: functions }),
      signal,
    });
    const { choices } = (await response.json()) as { choices: readonly { message: Message }[] };
    const message = choices[0]?.message;
    if (message?.tool_calls === undefined) return message?.content ?? '';
    messages.push(message);
    const results = message.tool_calls.map(async ({ id, function: { name, arguments: given } }) => {
      const call = { name, arguments: JSON.parse(given) as unknown };
      const content = await told(line.call(client, call, signal));
      return { role: 'tool', tool_call_id: id, content };
    });
    messages.push(...(await Promise.all(results)));
  }
}

/** A result in words for the model. */
async function told(called: Promise<unknown>): Promise<string> {
  try {
    const { content } = (await called) as Result;
    return content.map(({ text }) => text ?? '').join('');
  } catch (error) {
    return String(error);
  }
}
