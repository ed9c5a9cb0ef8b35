import { appendFile, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { LedgerCheckpoint } from '@aftertrace/schema';
import { expect, test, vi } from 'vitest';

import { openAppendFile } from './append-file.ts';
import type { CheckpointOptions } from './checkpoint-keeper.ts';
import { openLedger, type Ledger, type LedgerOptions } from './open-ledger.ts';
import { fakeSchedule } from './testing/fake-schedule.ts';
import { input, NOW } from './testing/inputs.ts';
import { keyPair } from './testing/keys.ts';
import { tempDir } from './testing/temp-dir.ts';
import { verifyLedger } from './verify-ledger.ts';

const { key, publicKey } = keyPair();

interface Place {
  readonly path: string;
  readonly here: string;
  readonly elsewhere: string;
}

async function place(): Promise<Place> {
  const directory = await tempDir();
  return {
    path: join(directory, 'audit.jsonl'),
    here: join(directory, 'audit.checkpoints.jsonl'),
    elsewhere: join(directory, 'elsewhere', 'checkpoints.jsonl'),
  };
}

async function open(
  { path, here, elsewhere }: Place,
  checkpoints: Partial<CheckpointOptions> = {},
  options: Partial<LedgerOptions> = {},
): Promise<Ledger> {
  const files = [here, elsewhere];
  return openLedger({
    path,
    now: () => NOW,
    checkpoints: { key, files, ...checkpoints },
    ...options,
  });
}

async function written(count: number): Promise<Place> {
  const at = await place();
  const ledger = await open(at);
  await Promise.all(Array.from({ length: count }, async (_, n) => ledger.append(input(n))));
  await ledger.close();
  return at;
}

async function linesIn(path: string): Promise<readonly LedgerCheckpoint[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LedgerCheckpoint);
}

const states = async (path: string): Promise<readonly number[]> =>
  (await linesIn(path)).map(({ entries }) => entries);

test('the first entry is signed at once, what follows together after a while, the rest at the end', async () => {
  const at = await place();
  const timer = fakeSchedule();
  const ledger = await open(at, { schedule: timer.schedule });
  await ledger.append(input(0));
  await vi.waitFor(async () => expect(await states(at.elsewhere)).toEqual([1]));
  await vi.waitFor(() => expect(timer.waiting()).toBe(1));
  await ledger.append(input(1));
  await ledger.append(input(2));
  expect(await states(at.here)).toEqual([1]);
  timer.fire();
  await vi.waitFor(async () => expect(await states(at.elsewhere)).toEqual([1, 3]));
  await ledger.append(input(3));
  await ledger.close();
  expect(await states(at.here)).toEqual([1, 3, 4]);
  expect(timer.waiting()).toBe(0);
  expect(
    await verifyLedger(at.path, { checkpoints: [at.here, at.elsewhere], keys: [publicKey] }),
  ).toMatchObject({
    ok: true,
    signedEntries: 4,
    checkpoints: 6,
  });
});

test('a second place that cannot be written is told once, does not stop the ledger, and is caught up', async () => {
  const at = await place();
  const timer = fakeSchedule();
  const problems: string[] = [];
  const broken = { now: true };
  const ledger = await open(
    at,
    { schedule: timer.schedule, onProblem: (message) => void problems.push(message) },
    {
      openFile: async (path) => {
        const file = await openAppendFile(path);
        if (path !== at.elsewhere) return file;
        return {
          ...file,
          append: async (text) => {
            // A part of it gets there, as on a disk that fills up.
            await file.append(broken.now ? text.slice(0, 20) : text);
            if (broken.now) throw new Error('ENOSPC: no space left on device');
          },
        };
      },
    },
  );
  await ledger.append(input(0));
  await vi.waitFor(async () => expect(await states(at.here)).toEqual([1]));
  await vi.waitFor(() => expect(problems).toHaveLength(1));
  await vi.waitFor(() => expect(timer.waiting()).toBe(1));
  timer.fire();
  await vi.waitFor(() => expect(timer.waiting()).toBe(1));
  expect(problems).toEqual([expect.stringContaining('ENOSPC')]);
  broken.now = false;
  // A round that finds it still busy leaves it for the next one.
  await vi.waitFor(async () => {
    timer.fire();
    expect(await states(at.elsewhere)).toEqual([1]);
  });
  await vi.waitFor(() => expect(problems[1]).toContain('again'));
  expect(problems).toHaveLength(2);
  expect(await states(at.here)).toEqual([1]);
  await ledger.close();
});

test('a second place that hangs is told, and keeps neither the first one nor the end waiting', async () => {
  const at = await place();
  const timer = fakeSchedule();
  const problems: string[] = [];
  let onDisk = 0;
  const ledger = await open(
    at,
    { schedule: timer.schedule, onProblem: (message) => void problems.push(message) },
    {
      openFile: async (path) => {
        const file = await openAppendFile(path);
        // As on a share whose server went away.
        if (path === at.elsewhere)
          return { ...file, append: async () => new Promise<void>(() => undefined) };
        if (path !== at.here) return file;
        return { ...file, sync: async () => file.sync().then(() => void (onDisk += 1)) };
      },
    },
  );
  for (let n = 0; n < 12; n += 1) {
    await ledger.append(input(n));
    timer.fire();
    await vi.waitFor(() => expect(onDisk).toBe(n + 1));
  }
  expect((await states(at.here)).at(-1)).toBe(12);
  expect(problems).toEqual([expect.stringContaining('does not answer')]);
  const closing = ledger.close();
  await vi.waitFor(() => expect(timer.waiting()).toBe(1));
  timer.fire();
  await closing;
  expect(problems).toHaveLength(1);
});

test('what another process adds to a file of checkpoints is told, and not cut away', async () => {
  const at = await place();
  const timer = fakeSchedule();
  const problems: string[] = [];
  const ledger = await open(at, {
    schedule: timer.schedule,
    onProblem: (message) => void problems.push(message),
  });
  await ledger.append(input(0));
  await vi.waitFor(async () => expect(await states(at.elsewhere)).toEqual([1]));
  await appendFile(at.elsewhere, 'evidence of somebody else\n');
  await ledger.append(input(1));
  await ledger.close();
  expect(await readFile(at.elsewhere, 'utf8')).toContain('evidence of somebody else');
  expect(problems).toEqual([expect.stringContaining('something else writes to it')]);
  expect(await states(at.here)).toEqual([1, 2]);
});

test('places that are no files are told of each checkpoint', async () => {
  const at = await place();
  const told: LedgerCheckpoint[] = [];
  const ledger = await open(at, { onCheckpoint: (checkpoint) => void told.push(checkpoint) });
  await ledger.append(input(0));
  await ledger.close();
  expect(told).toEqual(await linesIn(at.here));
});

test('a reopened ledger goes on, and signs nothing that is signed', async () => {
  const at = await written(3);
  const before = await states(at.here);
  const ledger = await open(at);
  await ledger.close();
  expect(await states(at.here)).toEqual(before);
  const again = await open(at);
  await again.append(input(9));
  await again.close();
  expect(await states(at.here)).toEqual([...before, 4]);
});

test('a place that alone has no checkpoints is told at open: its disk may not be there', async () => {
  const at = await written(2);
  const problems: string[] = [];
  const onProblem = (message: string): void => void problems.push(message);
  await (await open(at, { onProblem })).close();
  expect(problems).toEqual([]);
  await rm(at.elsewhere);
  await (await open(at, { onProblem })).close();
  expect(problems).toEqual([expect.stringMatching(/elsewhere.* has no checkpoints yet/)]);
});

test('entries that a crash left unsigned are signed at the next start, and that is written down', async () => {
  const at = await place();
  const unsigned = await openLedger({ path: at.path, now: () => NOW });
  await Promise.all([0, 1].map(async (n) => unsigned.append(input(n))));
  await unsigned.close();
  expect(await verifyLedger(at.path, { checkpoints: [at.here], keys: [publicKey] })).toMatchObject({
    ok: false,
    problems: [{ kind: 'unsigned', seq: 0 }],
  });
  const ledger = await open(at);
  await ledger.close();
  const { entries, ok } = await verifyLedger(at.path, {
    checkpoints: [at.here],
    keys: [publicKey],
  });
  expect({ entries, ok }).toEqual({ entries: 3, ok: true });
  expect(await readFile(at.path, 'utf8')).toContain('"unsigned":{"from":0,"to":1}');
});

test.each([
  ['entries that nobody had signed', 0],
  ['those, behind which a line was cut short', 30],
])('%s: nothing is signed before it is written down', async (_name, lost) => {
  const at = await place();
  const unsigned = await openLedger({ path: at.path, now: () => NOW });
  await Promise.all([0, 1].map(async (n) => unsigned.append(input(n))));
  await unsigned.close();
  const { size } = await stat(at.path);
  if (lost > 0) await truncate(at.path, size - lost);
  const told: number[] = [];
  const ledger = await open(at, { onCheckpoint: ({ entries }) => void told.push(entries) });
  await ledger.close();
  const entries = (await readFile(at.path, 'utf8')).trimEnd().split('\n');
  expect(entries.at(-1)).toContain('"unsigned":{"from":0');
  expect(told).toEqual([entries.length]);
});

test('another key goes on with the log, and the change is written down', async () => {
  const at = await written(2);
  const next = keyPair();
  const ledger = await open(at, { key: next.key });
  await ledger.close();
  expect(await readFile(at.path, 'utf8')).toContain(`"previousKey":"${key.keyId}"`);
  const checkpoints = [at.here];
  const both = await verifyLedger(at.path, { checkpoints, keys: [publicKey, next.publicKey] });
  expect(both.ok).toBe(true);
});

async function cutLines(path: string, keep: number): Promise<void> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  await writeFile(
    path,
    lines
      .slice(0, keep)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

test.each<[string, (at: Place) => Promise<void>]>([
  ['whose end was cut off', async ({ path }) => cutLines(path, 3)],
  ['that was emptied', async ({ path }) => truncate(path, 0)],
  ['that was removed', async ({ path }) => rm(path)],
  [
    'that was removed with its checkpoints, while another place has them',
    async ({ path, here }) => {
      await rm(path);
      await rm(here);
    },
  ],
  [
    'that was written anew',
    async ({ path }) => {
      await rm(path);
      const forger = await openLedger({ path, now: () => NOW });
      for (let n = 0; n < 9; n += 1) await forger.append(input(n, { forged: true }));
      await forger.close();
    },
  ],
])('a ledger %s is refused at open, and found by a verification', async (_name, tamper) => {
  const at = await written(5);
  await tamper(at);
  const before = await readFile(at.path, 'utf8').catch(() => '');
  await expect(open(at)).rejects.toMatchObject({ code: 'ledger_cut' });
  expect(await readFile(at.path, 'utf8').catch(() => '')).toBe(before);
  const checkpoints = [at.here, at.elsewhere];
  const report = await verifyLedger(at.path, { checkpoints, keys: [publicKey] }).catch(
    (error: unknown) => error,
  );
  expect(report).toMatchObject({
    ok: false,
    problems: expect.arrayContaining([
      expect.objectContaining({ kind: expect.stringMatching(/truncated|replaced/) as unknown }),
    ]) as unknown,
  });
});

test('a checkpoint file that ends with a part of a line is cut there and goes on', async () => {
  const at = await written(2);
  await appendFile(at.here, '{"at":"2026');
  const ledger = await open(at);
  await ledger.append(input(7));
  await ledger.close();
  expect((await states(at.here)).at(-1)).toBe(3);
});

test.each([
  ['something else', 'nonsense\n'],
  ['something else without an end', 'x'.repeat(100_000)],
  ['a checkpoint that was changed', undefined],
])(
  'a checkpoint file that ends with %s is refused, and nothing is written',
  async (_name, line) => {
    const at = await written(2);
    const [last] = (await linesIn(at.here)).slice(-1);
    const forged = JSON.stringify({ ...last, at: '2020-01-01T00:00:00.000Z' });
    await appendFile(at.here, line ?? `${forged}\n`);
    const before = await readFile(at.path, 'utf8');
    await expect(open(at)).rejects.toMatchObject({ code: 'checkpoint_unreadable' });
    expect(await readFile(at.path, 'utf8')).toBe(before);
  },
);
