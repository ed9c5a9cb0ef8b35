import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { RanTool } from '../recorded.ts';

/** A call that reached the server. */
export interface McpCall extends RanTool {
  /** `_meta` of the request: where a client puts the trace context. */
  readonly meta: Readonly<Record<string, unknown>> | undefined;
}

/** An MCP server as small as its protocol allows: streamable HTTP, JSON answers, no sessions. */
export interface McpServer {
  readonly url: string;
  readonly calls: readonly McpCall[];
  close(): Promise<void>;
}

interface JsonRpc {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

const inputSchema = {
  type: 'object',
  properties: { order: { type: 'string' }, note: { type: 'string' } },
  required: ['order', 'note'],
  additionalProperties: false,
};

/** What each tool answers. */
const RESULTS: Readonly<Record<string, object>> = {
  mcp_lookup: { content: [{ type: 'text', text: '{"order":"A1","state":"shipped"}' }] },
  mcp_fail: { isError: true, content: [{ type: 'text', text: 'no such order' }] },
  mcp_refund: { content: [{ type: 'text', text: '{"refunded":true}' }] },
};

/** What a server offers. */
export interface McpTools {
  readonly names: readonly string[];
  /** A result, or an error of the protocol. */
  call(tool: string, args: unknown): Promise<{ result: object } | { error: object }>;
}

const CANNED: McpTools = {
  names: Object.keys(RESULTS),
  call: (tool) => {
    const result = RESULTS[tool];
    const error = { code: -32602, message: `no tool ${tool}` };
    return Promise.resolve(result === undefined ? { error } : { result });
  },
};

/** Starts it on a free port of the loopback address. */
export async function startMcpServer(tools: () => McpTools = () => CANNED): Promise<McpServer> {
  const calls: McpCall[] = [];
  const server = createServer((request, response) => {
    void handle(request, response, (message) => answerTo(message, { calls, tools: tools() }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  answerOf: (message: JsonRpc) => Promise<object>,
): Promise<void> {
  if (request.method === 'DELETE') return void response.writeHead(200).end();
  // No stream of the server's own: clients go on without.
  if (request.method !== 'POST') return void response.writeHead(405).end();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const message = JSON.parse(Buffer.concat(chunks).toString('utf8')) as JsonRpc;
  if (message.id === undefined) return void response.writeHead(202).end();
  const answer = { jsonrpc: '2.0', id: message.id, ...(await answerOf(message)) };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}

/** What a server has. */
interface Shop {
  readonly calls: McpCall[];
  readonly tools: McpTools;
}

async function answerTo({ method, params = {} }: JsonRpc, { calls, tools }: Shop): Promise<object> {
  switch (method) {
    case 'initialize':
      return {
        result: {
          protocolVersion: params['protocolVersion'],
          capabilities: { tools: {} },
          serverInfo: { name: 'shop', version: '1.0.0' },
        },
      };
    case 'ping':
      return { result: {} };
    case 'tools/list':
      return {
        result: {
          tools: tools.names.map((name) => ({
            name,
            description: `Does ${name} to an order.`,
            inputSchema,
          })),
        },
      };
    case 'tools/call': {
      const tool = String(params['name']);
      const meta = params['_meta'] as McpCall['meta'];
      calls.push({ tool, arguments: params['arguments'], meta });
      return tools.call(tool, params['arguments']);
    }
    default:
      return { error: { code: -32601, message: `no method ${method}` } };
  }
}
