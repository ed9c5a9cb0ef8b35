import { fileURLToPath } from 'node:url';

import type { World } from '../framework-under-test.ts';
import type { Client, ClientLine } from './mcp-agent.ts';

const BRIDGE = fileURLToPath(new URL('mcp-stdio-bridge.ts', import.meta.url));

type Constructor<T = object> = new (...args: readonly unknown[]) => T;
type Exports = Readonly<Record<string, Constructor>>;

/** How a client reaches its server. */
export type Transport = 'http' | 'stdio';

/** `@modelcontextprotocol/sdk`. */
export async function sdkLine(world: World, transport: Transport): Promise<ClientLine> {
  const from = '@modelcontextprotocol/sdk/client';
  const { Client: Made } = await world.load<{ Client: Constructor<Client> }>(`${from}/index.js`);
  const file = transport === 'http' ? 'streamableHttp.js' : 'stdio.js';
  const transports = await world.load<Exports>(`${from}/${file}`);
  return {
    connect: (url) => connected(Made, transportTo(transports, url)),
    call: (client, call, signal) => callTool(client)(call, undefined, { signal }),
  };
}

/** `@modelcontextprotocol/client`, whose calls take no schema. */
export async function clientLine(world: World, transport: Transport): Promise<ClientLine> {
  const from = '@modelcontextprotocol/client';
  const { Client: Made } = await world.load<{ Client: Constructor<Client> }>(from);
  const transports = await world.load<Exports>(transport === 'http' ? from : `${from}/stdio`);
  return {
    connect: (url) => connected(Made, transportTo(transports, url)),
    call: (client, call, signal) => callTool(client)(call, { signal }),
  };
}

function callTool(client: Client): (...args: readonly unknown[]) => Promise<unknown> {
  const { callTool: call } = client as unknown as { callTool: (...args: unknown[]) => unknown };
  return async (...args) => await Reflect.apply(call, client, args);
}

async function connected(Made: Constructor<Client>, transport: object): Promise<Client> {
  const client = new Made({ name: 'test', version: '1.0.0' }, { capabilities: {} });
  await client.connect(transport);
  return client;
}

function transportTo(transports: Exports, url: string): object {
  const { StreamableHTTPClientTransport: Http, StdioClientTransport: Stdio } = transports;
  if (Http !== undefined) return new Http(new URL(url));
  if (Stdio === undefined) throw new Error('no transport');
  const args = ['--disable-warning=ExperimentalWarning', '--experimental-strip-types', BRIDGE, url];
  return new Stdio({ command: process.execPath, args });
}
