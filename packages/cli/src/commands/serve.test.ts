import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { readLock, readTrajectories } from '@aftertrace/exporter';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { foreignRun, sendTraces } from '../companion/testing/running.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

let dir: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-serve-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(dir, { recursive: true, force: true });
});

interface Serving {
  readonly child: ChildProcess;
  readonly dataDir: string;
  readonly otlp: string;
  readonly console: string;
  /** Asks it to end; gives its exit code, or the signal that ended it. */
  readonly stop: () => Promise<number | string | null>;
}

/** `aftertrace serve` in a process of its own, as a service manager runs it. */
async function serving(settings: object = {}): Promise<Serving> {
  const config = path.join(dir, 'aftertrace.json');
  const dataDir = path.join(dir, 'data');
  const listen = { otlp: '127.0.0.1:0', console: '127.0.0.1:0' };
  await writeFile(config, JSON.stringify({ data: dataDir, listen, ...settings }));
  const child = spawn(
    process.execPath,
    ['--conditions=@aftertrace/source', MAIN, 'serve', '--config', config],
    {
      cwd: dir,
      env: { PATH: process.env['PATH'], HOME: dir, NODE_NO_WARNINGS: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('Agents of this user')) break;
  }
  const owner = await readLock(dataDir);
  if (owner?.otlp === undefined || owner.console === undefined) throw new Error('it did not start');
  return {
    child,
    dataDir,
    otlp: owner.otlp,
    console: owner.console,
    stop: async () => {
      const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
      child.kill('SIGTERM');
      const [code, signal] = await ended;
      return code ?? signal;
    },
  };
}

/** A command of the same user. */
async function command(
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, ['--conditions=@aftertrace/source', MAIN, ...args], {
    cwd: dir,
    env: { PATH: process.env['PATH'], HOME: dir, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { code: code as number | null, out };
}

const outcomes = async (dataDir: string): Promise<readonly string[]> =>
  (await Array.fromAsync(readTrajectories(dataDir))).map(
    ({ trajectory }) => trajectory.extra.aftertrace.outcome.outcome,
  );

describe('aftertrace serve, told to stop', () => {
  test('writes the runs that have ended, gives its directory up and ends with 0', async () => {
    const { otlp, dataDir, stop } = await serving();
    expect(await sendTraces(otlp, foreignRun())).toBe(200);
    expect(await stop()).toBe(0);
    expect(await outcomes(dataDir)).toHaveLength(1);
    expect(await readLock(dataDir)).toBeUndefined();
    await expect(
      readFile(path.join(dir, '.local/state/aftertrace/companion.json')),
    ).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('leaves agents a token that may do no more than they, the same after a restart; commands have their own', async () => {
    const found = async (): Promise<{ token: string; console: string }> =>
      JSON.parse(await readFile(path.join(dir, '.local/state/aftertrace/companion.json'), 'utf8'));
    const first = await serving();
    const { token, console: url } = await found();
    expect(await readFile(path.join(first.dataDir, 'token'), 'utf8')).not.toContain(token);
    const asAgent = async (where: string, init: RequestInit = {}): Promise<number> => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const response = await fetch(`${url}${where}`, { ...init, headers });
      await response.body?.cancel();
      return response.status;
    };
    expect(await asAgent('/control/v1/stream?instance=i&agent=a')).toBe(200);
    expect(await asAgent('/control/v1/containments')).toBe(403);
    expect(await asAgent('/control/v1/policy', { method: 'POST', body: '{}' })).toBe(403);
    expect(await command('containments', '--json')).toMatchObject({ code: 0 });
    await first.stop();
    await serving();
    expect((await found()).token).toBe(token);
  });

  test('does not wait beyond its deadline for a sender that stalls or a backend that does not answer', async () => {
    // A port where nobody answers: whoever is asked there is never heard of again.
    const { createServer } = await import('node:net');
    const silent = createServer(() => undefined);
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const endpoint = `http://127.0.0.1:${port}`;
    const { otlp, dataDir, stop } = await serving({
      shutdownMillis: 300,
      emit: { otlp: { endpoint } },
      metrics: { otlp: { endpoint } },
    });
    expect(await sendTraces(otlp, foreignRun())).toBe(200);
    const { hostname, port: otlpPort } = new URL(otlp);
    const stalled = connect(Number(otlpPort), hostname);
    stalled.on('error', () => undefined); // It is cut off in the end.
    await once(stalled, 'connect');
    stalled.write(
      'POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{',
    );
    expect(await stop()).toBe(0);
    expect(await outcomes(dataDir)).toHaveLength(1);
    stalled.destroy();
    silent.close();
  });

  test('a run that goes on stays in the journal, and its line comes after the next start', async () => {
    const body = foreignRun() as {
      resourceSpans: { scopeSpans: { spans: object[] }[] }[];
    };
    const spans = body.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    const root = spans.pop() ?? {};
    const first = await serving();
    expect(await sendTraces(first.otlp, body)).toBe(200);
    expect(await first.stop()).toBe(0);
    expect(await outcomes(first.dataDir)).toEqual([]);
    const second = await serving();
    spans.splice(0, spans.length, root);
    expect(await sendTraces(second.otlp, body)).toBe(200);
    expect(await second.stop()).toBe(0);
    expect(await outcomes(second.dataDir)).toHaveLength(1);
  });
});
