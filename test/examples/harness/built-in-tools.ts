import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

import type { BuiltInTool } from '../example.ts';

/** The tools of a program that plays Claude Code, over HTTP. */
export interface BuiltInTools {
  /** By which `test/frameworks/harness/claude-cli.ts` finds them. */
  readonly env: Readonly<Record<string, string>>;
  readonly close: () => void;
}

/** Serves them on a free port; none need no server. */
export async function serveBuiltIn(tools: readonly BuiltInTool[]): Promise<BuiltInTools> {
  if (tools.length === 0) return { env: {}, close: () => {} };
  const server = createServer((request, response) => {
    void answer(tools, request).then((result) => response.end(JSON.stringify(result)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const declared = tools.map(({ name, needsApproval }) => {
    return { name, needsApproval, description: name, input_schema: { type: 'object' } };
  });
  return {
    env: {
      FAKE_TOOLS: JSON.stringify(declared),
      FAKE_TOOLS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function answer(tools: readonly BuiltInTool[], request: IncomingMessage): Promise<object> {
  const { name, input } = (await json(request)) as {
    readonly name: string;
    readonly input: Readonly<Record<string, unknown>>;
  };
  try {
    return { value: tools.find((tool) => tool.name === name)?.answer(input) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
