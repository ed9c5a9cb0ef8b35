import { createServer, type RequestListener, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { start, type Running } from '@aftertrace-examples/first-flight/processes';
import { STORY } from '@aftertrace-examples/first-flight/story';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const example = (file: string): string =>
  fileURLToPath(new URL(`../../examples/first-flight/src/${file}`, import.meta.url));
const preload = fileURLToPath(import.meta.resolve('@aftertrace/node'));
// One after the other, so that the order of answers is the agent's own.
const told = STORY.filter(({ act }) => act === 'before').filter((_, index) => index % 4 === 0);

let dir: string;
let model: Running;
let modelUrl: string;
let untouched: string[];

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-unharmed-'));
  model = start({ name: 'model', args: [example('world/model-server.ts')], env: {}, logDir: dir });
  modelUrl = await model.nextLine();
  untouched = await answers({ name: 'bare' });
});
afterAll(async () => {
  await model.stop();
  await rm(dir, { recursive: true, force: true });
});

async function answers(options: { name: string; companion?: string }): Promise<string[]> {
  const { name, companion } = options;
  const app = example('app/support-agent.ts');
  const env = {
    OPENAI_BASE_URL: modelUrl,
    NODE_NO_WARNINGS: '1',
    XDG_STATE_HOME: dir,
    ...(companion === undefined
      ? {}
      : { AFTERTRACE_COMPANION: companion, AFTERTRACE_OTLP: companion, AFTERTRACE_TOKEN: 'none' }),
  };
  const args = companion === undefined ? [app] : ['--import', preload, app];
  const agent = start({ name, args, env, logDir: dir });
  const lines: string[] = [];
  for (const { ticket, message } of told) {
    agent.child.stdin?.write(`${JSON.stringify({ ticket, message })}\n`);
    lines.push(await agent.nextLine());
  }
  agent.child.stdin?.end();
  await new Promise((resolve) => agent.child.once('exit', resolve));
  expect(agent.child.exitCode).toBe(0);
  return lines;
}

/** A companion that is not one. */
async function impostor<T>(answer: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    return await use(`http://127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('an agent answers byte for byte as without us', () => {
  test('when no companion is there', async () => {
    expect(await answers({ name: 'down', companion: 'http://127.0.0.1:9' })).toEqual(untouched);
  });

  test.each<readonly [string, RequestListener]>([
    ['never answers', () => undefined],
    [
      'answers nonsense',
      (_request, response) => response.writeHead(200).end('{"revision":"x"}\n\ndata: ]]]\n\n'),
    ],
    ['refuses everything', (_request, response) => response.writeHead(500).end('<html>')],
    ['cuts every connection', (request) => request.socket.destroy()],
    [
      'sends a stream without end',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const more = (): void => void response.write(`event: state\ndata: ${'x'.repeat(10_000)}\n`);
        const timer = setInterval(more, 5);
        response.once('close', () => clearInterval(timer));
      },
    ],
  ])('when the companion %s', async (what, answer) => {
    const given = await impostor(answer, (url) =>
      answers({ name: what.replaceAll(' ', '-'), companion: url }),
    );
    expect(given).toEqual(untouched);
  });
});
