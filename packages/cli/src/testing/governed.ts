import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

import { onTestFinished, vi } from 'vitest';

import { startAgentProcess } from '../../../instrumentation/src/testing/agent-process.ts';
import { listenOn } from '../companion/console-server.ts';
import { runningCompanion, TOKEN, type RunningCompanion } from '../companion/testing/running.ts';

/** The companion that commands of a test talk to, and the environment in which agents find it. */
export interface Governed {
  readonly companion: RunningCompanion;
  readonly env: Readonly<Record<string, string>>;
}

/** Starts one; until the test ends, commands find it by the environment, and act as Ana. */
export async function governed(
  options: Parameters<typeof runningCompanion>[0] = {},
): Promise<Governed> {
  const companion = await runningCompanion(options);
  const env = {
    AFTERTRACE_COMPANION: companion.addresses.console,
    AFTERTRACE_TOKEN: TOKEN,
    AFTERTRACE_ACTOR: 'ana@example.com',
    AFTERTRACE_DATA: companion.dataDir,
    AFTERTRACE_AGENT: 'support',
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  return { companion, env };
}

/** From now on, commands reach that companion for orders only: who asks it anything gets no answer. */
export async function answerOrdersOnly({ companion }: Governed): Promise<void> {
  const server = createServer((request, response) => {
    if (request.method === 'GET') response.destroy();
    else void pass(request, response);
  });
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = await fetch(`${companion.addresses.console}${request.url}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: await text(request),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  };
  onTestFinished(() => void server.close());
  const address = await listenOn(server, { host: '127.0.0.1', port: 0 });
  vi.stubEnv('AFTERTRACE_COMPANION', address);
}

/** An agent process that ends with the test. */
export async function startAgent(
  env: Readonly<Record<string, string>>,
): ReturnType<typeof startAgentProcess> {
  const runtime = await startAgentProcess({ ...env });
  onTestFinished(() => runtime.link.close());
  return runtime;
}
