import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sha256Hex, Trajectory } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { soundPart } from '../files/index-view.ts';
import { readBlob, readWithBlobs } from '../files/blobs.ts';
import { listFiles } from '../files/file-names.ts';
import type { FileRemoval } from '../files/file-keeper.ts';
import type { FilesConfigInput } from '../files/files-config.ts';
import { appendHold, HOLDS_FILE } from '../files/holds.ts';
import { variedTrajectory, type VariedInput } from '../files/testing/varied-trajectory.ts';
import { countTrajectories, listTrajectories } from './list-trajectories.ts';
import { readTrajectories } from './read-trajectories.ts';
import { createTrajectoryStore } from './trajectory-store.ts';
import type { TrajectoryStore } from './trajectory-store-api.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-22T12:00:00Z');

let dataDir: string;
let now: number;
let removed: FileRemoval[];
const stores: TrajectoryStore[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'aftertrace-files-'));
  now = NOW;
  removed = [];
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(dataDir, { recursive: true });
});

function storeWith(config: FilesConfigInput): TrajectoryStore {
  const onRemove = (removal: FileRemoval): void => void removed.push(removal);
  const store = createTrajectoryStore(dataDir, { config, now: () => now, onRemove });
  stores.push(store);
  return store;
}

const write = async (store: TrajectoryStore, ...inputs: readonly VariedInput[]): Promise<unknown> =>
  store.write(inputs.map((input) => variedTrajectory(input)));

const runsRead = async (): Promise<string[]> =>
  sorted(
    (await Array.fromAsync(readTrajectories(dataDir))).map(
      ({ trajectory }) => trajectory.extra.aftertrace.runId ?? '',
    ),
  );

const sorted = (texts: readonly string[]): string[] =>
  texts.toSorted((left, right) => (left < right ? -1 : 1));

const paths = async (): Promise<string[]> =>
  (await listFiles(dataDir, ['success', 'failure', 'unresolved', 'hermes'])).map(
    ({ path }) => path,
  );

/** Whether the machine has a tool; a test that needs it says so when it has not. */
function hasTool(name: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(name, args, { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write(`SKIPPED: ${name} ${args.join(' ')} does not run on this machine\n`);
    return false;
  }
}
const hasZstd = hasTool('zstd', '--version');
const hasPythonZstd = hasTool('python3', '-c', 'import zstandard');

describe('rotation', () => {
  it('begins a new part between lines, and no line is split, lost or twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(6000), { minLength: 1, maxLength: 6 }), { maxLength: 6 }),
        fc.constantFrom('none' as const, 'live' as const),
        async (batches, compression) => {
          await rm(join(dataDir, 'trajectories'), { recursive: true, force: true });
          const store = storeWith({ maxFileBytes: 8192, compression });
          let number = 0;
          for (const batch of batches)
            await write(
              store,
              ...batch.map((length) => ({ run: `r${(number += 1)}`, message: 'm'.repeat(length) })),
            );
          await store.close();
          for (const path of (await paths()).filter((name) => name.endsWith('.jsonl'))) {
            const text = await readFile(join(dataDir, path), 'utf8');
            const lines = text.split('\n');
            expect(lines.pop()).toBe('');
            for (const line of lines) Trajectory.parse(JSON.parse(line));
            expect(lines.length === 1 || text.length <= 8192).toBe(true);
          }
          expect((await runsRead()).length).toBe(number);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('gives hostile agents files of their own, and further ones a common file', async () => {
    const store = storeWith({ maxAgentsPerDay: 3 });
    const agents = ['../../x', 'UP', 'up', 'a', 'b', 'c'];
    await write(store, ...agents.map((agent) => ({ run: agent, agent })));
    await write(store, { run: 'more', agent: 'UP' }, { run: 'others', agent: 'd' });
    const names = await paths();
    expect(names).toHaveLength(4);
    expect(names).toContain('trajectories/success/2026-11-22._others.jsonl');
    expect(await readdir(dataDir)).toEqual(['trajectories']);
    expect(await runsRead()).toEqual(sorted([...agents, 'more', 'others']));
    expect((await listTrajectories(dataDir, { agent: 'c' })).map(({ agent }) => agent)).toEqual([
      'c',
    ]);
  });
});

it('knows its runs when it had to make an index anew while it runs', async () => {
  const store = storeWith({});
  for (const run of ['a', 'b', 'c']) await write(store, { run });
  // Others push the file out of those that are open.
  await write(
    store,
    ...Array.from({ length: 80 }, (_, n) => ({ run: `r${n}`, agent: `agent-${n}` })),
  );
  const later = new Date(Date.now() + 1000);
  await utimes(join(dataDir, 'trajectories/success/2026-11-22.support.jsonl'), later, later);
  await write(store, { run: 'd' });
  expect(await write(store, { run: 'a' }, { run: 'c' }, { run: 'd' })).toEqual([
    { kind: 'unchanged' },
    { kind: 'unchanged' },
    { kind: 'unchanged' },
  ]);
  expect(store.stats().trajectories).toBe(84);
});

describe('compression', () => {
  it.runIf(hasZstd)('live makes files that zstd reads as one text', async () => {
    const store = storeWith({ compression: 'live' });
    await write(store, { run: 'a' }, { run: 'b', message: 'ü\u2028' });
    await write(store, { run: 'c' });
    await store.close();
    const [path = ''] = await paths();
    expect(path).toMatch(/\.jsonl\.zst$/);
    const text = execFileSync('zstd', ['-dc', join(dataDir, path)], { encoding: 'utf8' });
    const lines = text.trimEnd().split('\n');
    expect(lines.map((line) => Trajectory.parse(JSON.parse(line)).extra.aftertrace.runId)).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(execFileSync('zstd', ['-t', join(dataDir, path)], { stdio: 'pipe' })).toBeDefined();
  });

  it.runIf(hasPythonZstd)('live makes files that Python reads', async () => {
    const store = storeWith({ compression: 'live' });
    await write(store, { run: 'a' });
    await write(store, { run: 'b' });
    const [path = ''] = await paths();
    const script =
      'import sys, zstandard\nprint(len(zstandard.ZstdDecompressor().stream_reader(open(sys.argv[1], "rb"), read_across_frames=True).read().splitlines()))';
    const out = execFileSync('python3', ['-c', script, join(dataDir, path)], { encoding: 'utf8' });
    expect(out.trim()).toBe('2');
  });

  it('of closed files keeps every line in its place, known and readable', async () => {
    const store = storeWith({ compression: 'closed', maxFileBytes: 4096 });
    const runs = Array.from({ length: 9 }, (_, index) => ({
      run: `r${index}`,
      message: 'm'.repeat(900),
    }));
    await write(store, ...runs);
    const before = await Array.fromAsync(readTrajectories(dataDir));
    const { compressed } = await store.maintain();
    expect(compressed).toHaveLength((await paths()).length - 1);
    const [first = ''] = await paths();
    const cells = await readFile(join(dataDir, `${first}.idx`));
    expect(soundPart(cells).bytes).toBe(cells.length);
    expect((await paths()).filter((path) => path.endsWith('.zst'))).toHaveLength(compressed.length);
    const after = await Array.fromAsync(readTrajectories(dataDir));
    expect(after.map(({ trajectory, line }) => ({ trajectory, line }))).toEqual(
      before.map(({ trajectory, line }) => ({ trajectory, line })),
    );
    expect(await write(store, ...runs)).toEqual(runs.map(() => ({ kind: 'unchanged' })));
    // A mark reaches a compressed file, too.
    await write(store, { run: 'r0', spans: 9, outcome: 'failure', message: 'late' });
    const reopened = storeWith({ compression: 'closed', maxFileBytes: 4096 });
    await reopened.start();
    expect(reopened.stats().trajectories).toBe(9);
    expect(await countTrajectories(dataDir)).toMatchObject({ runs: 9 });
    now += 2 * DAY;
    await reopened.maintain();
    expect((await paths()).every((path) => path.endsWith('.zst'))).toBe(true);
    expect(await runsRead()).toEqual(sorted(runs.map(({ run }) => run)));
  });
});

describe('retention of files', () => {
  const retention = { maxAgeMillis: 40 * DAY, minAgeMillis: { failure: 10 * DAY } };
  const old = (run: string, days: number, more: Partial<VariedInput> = {}): VariedInput => ({
    run,
    endMillis: NOW - days * DAY,
    ...more,
  });

  it('deletes old files with their blobs, tells of each before, and forgets their runs', async () => {
    const store = storeWith({ retention, blobs: { minBytes: 1024, headChars: 10 }, hermes: true });
    await write(store, old('a', 50, { message: 'x'.repeat(5000) }), old('b', 45), old('c', 1));
    const digest = `sha256:${sha256Hex('x'.repeat(5000))}`;
    expect(await readBlob(dataDir, digest)).toHaveLength(5000);
    const result = await store.maintain();
    expect(removed.map(({ file, because }) => `${file} ${because}`)).toEqual([
      'trajectories/success/2026-10-03.support.jsonl age',
      'trajectories/hermes/2026-10-03/trajectory_samples.jsonl age',
      'trajectories/success/2026-10-08.support.jsonl age',
      'trajectories/hermes/2026-10-08/trajectory_samples.jsonl age',
    ]);
    expect(result).toMatchObject({ removed, removedBlobs: 1 });
    expect(await readBlob(dataDir, digest)).toBeUndefined();
    expect(store.stats().trajectories).toBe(1);
    expect(await write(store, old('b', 45))).toMatchObject([{ kind: 'written' }]);
    expect(await runsRead()).toEqual(['b', 'c']);
  });

  it('keeps what a legal hold covers until it is lifted', async () => {
    const store = storeWith({ retention });
    await write(store, old('a', 50, { conversation: 'c1' }), old('b', 60));
    const hold = { id: 'h1', at: '2026-11-01T00:00:00.000Z', by: 'counsel', reason: 'case 7' };
    const selector = { conversation: 'c1' };
    await appendHold(dataDir, { schema_version: 'aftertrace.hold.v1', ...hold, selector });
    await store.maintain();
    expect(await runsRead()).toEqual(['a']);
    await appendHold(dataDir, { schema_version: 'aftertrace.hold_released.v1', ...hold });
    await store.maintain();
    expect(await runsRead()).toEqual([]);
  });

  it('deletes nothing where holds cannot be read, or where it cannot be noted', async () => {
    const store = storeWith({ retention });
    await write(store, old('a', 50));
    await writeFile(join(dataDir, HOLDS_FILE), '{"id":"h1"');
    await expect(store.maintain()).rejects.toMatchObject({ code: 'holds_unreadable' });
    await rm(join(dataDir, HOLDS_FILE));
    const refusing = createTrajectoryStore(dataDir, {
      config: { retention },
      now: () => now,
      onRemove: () => Promise.reject(new Error('the ledger is full')),
    });
    stores.push(refusing);
    await expect(refusing.maintain()).rejects.toThrow('the ledger is full');
    expect(await runsRead()).toEqual(['a']);
  });
});

describe('erasure', () => {
  it.each(['none', 'live'] as const)(
    'removes every line of a person, their blobs and hermes lines, and nothing else (%s)',
    async (compression) => {
      const store = storeWith({
        compression,
        hermes: true,
        blobs: { minBytes: 1024, headChars: 4 },
      });
      const shared = 's'.repeat(2000);
      await write(
        store,
        { run: 'a', person: 'ana', message: 'p'.repeat(2000) },
        { run: 'b', person: 'bob', message: shared },
        { run: 'c', person: 'ana', message: shared, agent: 'other' },
      );
      await write(store, { run: 'a', person: 'ana', spans: 8, outcome: 'failure' });
      expect(await store.erase({ person: 'ana' })).toMatchObject({
        erased: expect.arrayContaining([expect.any(String), expect.any(String)]),
        erasedLines: 4 + 3,
        removedBlobs: 1,
        refused: [],
        unidentifiedLines: 0,
      });
      expect(await runsRead()).toEqual(['b']);
      const [hermes = ''] = (await paths()).filter((path) => path.includes('hermes'));
      expect((await readFile(join(dataDir, hermes), 'utf8')).split('\n')).toHaveLength(2);
      const [left] = await Array.fromAsync(readTrajectories(dataDir));
      const whole = left && (await readWithBlobs(dataDir, left.trajectory));
      expect(whole?.steps[0]?.message).toBe(shared);
      expect(store.stats().trajectories).toBe(1);
      expect(await write(store, { run: 'b', person: 'bob', message: shared })).toEqual([
        { kind: 'unchanged' },
      ]);
      for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
        const bytes = entry.isFile() ? await readFile(join(entry.parentPath, entry.name)) : '';
        expect(bytes.includes('"ana"')).toBe(false);
      }
    },
  );

  it('refuses what is under legal hold and says which hold', async () => {
    const store = storeWith({});
    await write(
      store,
      { run: 'a', conversation: 'c1', endMillis: NOW - 5 * DAY },
      { run: 'b', conversation: 'c1', endMillis: NOW },
    );
    await appendHold(dataDir, {
      schema_version: 'aftertrace.hold.v1',
      id: 'h1',
      at: '2026-11-22T00:00:00.000Z',
      by: 'counsel',
      reason: 'case 7',
      selector: { time: { until: new Date(NOW - 4 * DAY).toISOString() } },
    });
    const { refused, erasedLines } = await store.erase({ conversation: 'c1' });
    expect({ refused, erasedLines }).toMatchObject({ refused: [{ hold: 'h1' }], erasedLines: 1 });
    expect(await runsRead()).toEqual(['a']);
    await expect(store.erase({ ids: [] })).rejects.toThrow(/needs a conversation/);
  });
});

describe('large texts', () => {
  it('stand in files of their own, and the line stays a line like any other', async () => {
    const store = storeWith({ blobs: { minBytes: 2000, headChars: 5 } });
    const message = `head🎈${'ü'.repeat(3000)}`;
    expect(message.slice(0, 5).isWellFormed()).toBe(false);
    await write(store, { run: 'a', message }, { run: 'b', message });
    const [first] = await Array.fromAsync(readTrajectories(dataDir));
    const line = Trajectory.parse(first?.trajectory);
    expect(line.steps[0]?.message).toBe('head');
    expect(line.extra.aftertrace.blobs).toEqual([
      { pointer: '/steps/0/message', digest: `sha256:${sha256Hex(message)}`, bytes: 6008 },
    ]);
    expect((await readWithBlobs(dataDir, line)).steps[0]?.message).toBe(message);
    const blobs = await readdir(join(dataDir, 'blobs'), { recursive: true });
    const [name = ''] = blobs.filter((path) => path.length > 10);
    expect((await stat(join(dataDir, 'blobs', name))).mode & 0o777).toBe(0o600);
    expect(blobs).toHaveLength(2);
    expect(await write(store, { run: 'a', message, spans: 9 })).toEqual([{ kind: 'unchanged' }]);
    await writeFile(join(dataDir, 'blobs', name), 'something else');
    expect(await readBlob(dataDir, `sha256:${sha256Hex(message)}`)).toBeUndefined();
    expect(await readBlob(dataDir, 'sha256:../../etc/passwd')).toBeUndefined();
  });
});
