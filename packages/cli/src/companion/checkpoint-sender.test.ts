import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import { openDataDir } from '@aftertrace/exporter';
import { expect, onTestFinished, test } from 'vitest';

import { decodeLogs } from '../../../exporter/src/decode/decode.ts';
import { runCli } from '../run-cli.ts';
import { openAuditLedger } from './audit-ledger.ts';
import { createCheckpointSender } from './checkpoint-sender.ts';

/** A log store: takes OTLP/HTTP, keeps what it decodes, and is away or out of order when told. */
class LogStore {
  answers: 'takes' | 'is overloaded' | 'hangs up' = 'takes';
  /** Attribute by attribute, of each log record. */
  readonly records: Record<string, unknown>[] = [];
  attempts = 0;
  #server: Server | undefined;
  #port = 0;

  async listen(): Promise<string> {
    this.#server = createServer((request, response) => {
      this.attempts += 1;
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (this.answers === 'hangs up') return void request.socket.destroy();
        if (this.answers === 'is overloaded')
          return void response.writeHead(503, { 'retry-after': '0' }).end();
        const decoded = decodeLogs(gunzipSync(Buffer.concat(chunks)), 'protobuf');
        if (!decoded.ok || request.url !== '/v1/logs') return void response.writeHead(400).end();
        for (const { attributes, eventName } of decoded.value.logs)
          this.records.push({ ...Object.fromEntries(attributes), eventName });
        response.writeHead(200).end();
      });
    });
    const server = this.#server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.#port}`;
  }

  async goAway(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** As the Collector's file exporter would have written it, a request a line. */
  lines(): string {
    const value = (one: unknown): object =>
      typeof one === 'string' ? { stringValue: one } : { intValue: String(one) };
    return this.records
      .map((record) => {
        const attributes = Object.entries(record).map(([key, one]) => ({ key, value: value(one) }));
        const line = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes }] }] }] };
        return `${JSON.stringify(line)}\n`;
      })
      .join('');
  }
}

async function logged(store: LogStore) {
  const folder = await mkdtemp(path.join(tmpdir(), 'aftertrace-sender-'));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'data');
  const opened = await openDataDir(data);
  if (opened.kind !== 'opened') throw new Error('it should open');
  const told: string[] = [];
  const endpoint = await store.listen();
  onTestFinished(async () => store.goAway());
  const waits: (() => void)[] = [];
  const sender = createCheckpointSender({
    target: { endpoint },
    dataDir: data,
    log: (level, message) => void told.push(`${level} ${message}`),
    // Goes on when the test says so, or the end does.
    wait: async (_millis, signal) =>
      new Promise<void>((resolve) => {
        waits.push(resolve);
        signal.addEventListener('abort', () => resolve());
      }),
  });
  const ledger = await openAuditLedger({
    dataDir: data,
    now: Date.now,
    settings: { everyMillis: 1 },
    onCheckpoint: (checkpoint) => sender.send(checkpoint),
  });
  let n = 0;
  return {
    data,
    told,
    append: async () =>
      ledger.append({
        at: new Date(1_800_000_000_000 + n).toISOString(),
        actor: { kind: 'agent', id: 'support', assurance: 'token' },
        type: 'decision',
        data: { n: (n += 1) },
      }),
    /** Ends the wait before the next attempt. */
    tryAgain: async () => {
      await expect.poll(() => waits.length).toBeGreaterThan(0);
      for (const resolve of waits.splice(0)) resolve();
    },
    close: async () => {
      await ledger.close();
      await sender.shutdown(2000);
      await opened.dataDir.close();
      const keys = path.join(folder, 'kept.pub.pem');
      await writeFile(keys, await readFile(path.join(data, 'audit.pub.pem')));
      const elsewhere = path.join(folder, 'store.jsonl');
      await writeFile(elsewhere, store.lines());
      return { keys, elsewhere };
    },
  };
}

async function verify(...args: readonly string[]): Promise<readonly [code: number, text: string]> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  return [await runCli(['audit', 'verify', ...args], { out: print, err: print }), lines.join('\n')];
}

test('a log store has the checkpoints, and they show that the log and what lies beside it were cut', async () => {
  const store = new LogStore();
  const log = await logged(store);
  for (let n = 0; n < 5; n += 1) await log.append();
  const { keys, elsewhere } = await log.close();
  expect(store.records.at(-1)).toMatchObject({
    eventName: 'aftertrace.audit.checkpoint',
    'aftertrace.audit.entries': expect.anything() as unknown,
  });
  const given = ['--data', log.data, '--key', keys, '--checkpoints', elsewhere];
  expect(await verify(...given)).toMatchObject([0, expect.stringContaining('5 of 5')]);
  const file = path.join(log.data, 'audit.jsonl');
  const lines = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, `${lines.slice(0, 2).join('\n')}\n`);
  await truncate(path.join(log.data, 'audit.checkpoints.jsonl'), 0);
  const [code, text] = await verify(...given);
  expect(code).toBe(1);
  expect(text).toMatch(/truncated +.*store\.jsonl states 5 entries/);
});

test('what comes in another order, or twice, is taken for what it says', async () => {
  const store = new LogStore();
  const log = await logged(store);
  for (let n = 0; n < 4; n += 1) {
    await log.append();
    await expect.poll(() => store.records.length).toBeGreaterThan(n);
  }
  store.records.push(...store.records.slice(0, 2));
  store.records.reverse();
  const { keys, elsewhere } = await log.close();
  const given = ['--data', log.data, '--key', keys, '--checkpoints', elsewhere];
  expect(await verify(...given)).toMatchObject([0, expect.stringContaining('4 of 4')]);
});

test('a checkpoint that was forged in the store is told', async () => {
  const store = new LogStore();
  const log = await logged(store);
  await log.append();
  const { keys, elsewhere } = await log.close();
  const text = await readFile(elsewhere, 'utf8');
  await writeFile(elsewhere, text.replace('\\"entries\\":1', '\\"entries\\":9'));
  const [code, told] = await verify('--data', log.data, '--key', keys, '--checkpoints', elsewhere);
  expect([code, told]).toEqual([1, expect.stringContaining('bad_checkpoint')]);
});

test.each(['is overloaded', 'hangs up'] as const)(
  'while the store %s the log goes on, and what it missed comes after it',
  async (trouble) => {
    const store = new LogStore();
    const log = await logged(store);
    store.answers = trouble;
    await log.append();
    await expect.poll(() => store.attempts).toBeGreaterThan(0);
    await log.append();
    await log.tryAgain();
    await expect.poll(() => store.attempts).toBeGreaterThan(1);
    expect(store.records).toEqual([]);
    expect(log.told).toEqual([expect.stringMatching(/warn OTLP to http.* fails/)]);
    store.answers = 'takes';
    await log.tryAgain();
    await expect.poll(() => store.records.length).toBeGreaterThan(0);
    const { keys, elsewhere } = await log.close();
    expect(log.told.at(-1)).toMatch(/info OTLP to http.* works again/);
    const given = ['--data', log.data, '--key', keys, '--checkpoints', elsewhere];
    expect(await verify(...given)).toMatchObject([0, expect.stringContaining('2 of 2')]);
  },
);

test('a store that is away, and comes back at its address, gets what it missed', async () => {
  const store = new LogStore();
  const log = await logged(store);
  await store.goAway();
  await log.append();
  await expect.poll(() => log.told).toHaveLength(1);
  await store.listen();
  await log.tryAgain();
  await expect.poll(() => store.records.length).toBe(1);
  await log.close();
});
