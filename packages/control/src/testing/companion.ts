import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openLedger, verifyLedger, type LedgerOptions } from '@aftertrace/ledger';
import type { LedgerEntry } from '@aftertrace/schema';
import { onTestFinished } from 'vitest';

import { createControlClient, type ControlClient } from '../client/create-control-client.ts';
import type { ControlPlane, ControlPlaneOptions } from '../control-plane.ts';
import { createControlPlane } from '../create-control-plane.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';

export const TOKEN = 'test-token-3f1c';

/** A control plane behind a real server on a port of its own. */
export interface TestCompanion {
  readonly url: string;
  readonly plane: ControlPlane;
  readonly client: ControlClient;
  readonly clock: FakeClock;
  readonly dataDir: string;
  readonly logged: readonly string[];
  /** The server's side of each request, in their order. */
  readonly responses: readonly ServerResponse[];
  /** A request with the token, unless the headers say otherwise. */
  readonly request: (path: string, init?: RequestInit) => Promise<Response>;
  readonly post: (path: string, body: unknown) => Promise<Response>;
  /** Entries of the audit log, of one type or all. */
  readonly audit: (type?: string) => Promise<readonly LedgerEntry[]>;
  readonly stop: () => Promise<void>;
  /** Stops, and starts another on the same directory and clock. */
  readonly restart: () => Promise<TestCompanion>;
}

export interface TestCompanionOptions extends Partial<ControlPlaneOptions> {
  readonly clock?: FakeClock;
  readonly ledgerOptions?: Partial<LedgerOptions>;
}

export async function startCompanion(options: TestCompanionOptions = {}): Promise<TestCompanion> {
  const { clock = createFakeClock(), ledgerOptions } = options;
  const dataDir = options.dataDir ?? (await tempDir());
  const path = join(dataDir, 'audit.jsonl');
  const ledger = await openLedger({ path, now: clock.now, ...ledgerOptions });
  const logged: string[] = [];
  const responses: ServerResponse[] = [];
  const plane = createControlPlane({
    dataDir,
    ledger,
    token: TOKEN,
    now: clock.now,
    randomId: () => crypto.randomUUID(),
    log: (level, message) => logged.push(`${level}: ${message}`),
    timers: clock.timers,
    ...options,
  });
  await plane.start().catch(async (error: unknown) => {
    await ledger.close();
    throw error;
  });
  const server = createServer((request, response) => {
    void (async () => {
      responses.push(response);
      if (await plane.handle(request, response)) return;
      if (await plane.authorize(request, response)) response.writeHead(418).end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async (): Promise<void> => {
    await plane.shutdown();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await ledger.close();
  };
  onTestFinished(stop);
  const request = async (target: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${TOKEN}`);
    return fetch(url + target, { ...init, headers });
  };
  return {
    url,
    plane,
    clock,
    dataDir,
    logged,
    responses,
    client: createControlClient({ url, token: TOKEN }),
    request,
    post: async (target, body) =>
      request(target, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    audit: async (type) => {
      const report = await verifyLedger(path);
      if (!report.ok) throw new Error(JSON.stringify(report.problems));
      const entries: LedgerEntry[] = [];
      const filter = type === undefined ? {} : { types: [type] };
      for await (const entry of ledger.entries(filter)) entries.push(entry);
      return entries;
    },
    stop,
    restart: async () => {
      await stop();
      return startCompanion({ ...options, clock, dataDir });
    },
  };
}

async function tempDir(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aftertrace-control-'));
  onTestFinished(async () => rm(path, { recursive: true, force: true }));
  return path;
}
