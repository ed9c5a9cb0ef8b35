import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Trajectory } from '@aftertrace/schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { compactRuns } from '../conversations/compact-runs.ts';
import { checkDataDir } from '../data-dir/check-data-dir.ts';
import { readTrajectories } from '../trajectory/read-trajectories.ts';
import { createTrajectoryStore } from '../trajectory/trajectory-store.ts';
import type { TrajectoryStore } from '../trajectory/trajectory-store-api.ts';
import { listFiles } from './file-names.ts';
import type { FilesConfigInput } from './files-config.ts';
import { appendHold } from './holds.ts';
import { CellType } from './index-cell.ts';
import { viewOf } from './survey-files.ts';
import { killedCompaction } from './testing/killed-compaction.ts';
import { variedTrajectory, type VariedInput } from './testing/varied-trajectory.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const DAY = 86_400_000;
const NO_AGE = { retention: { minAgeMillis: { success: 0, failure: 0, unresolved: 0 } } };

let dataDir: string;
let now: number;
const stores: TrajectoryStore[] = [];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'aftertrace-compact-'));
  now = NOW + 60 * DAY;
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(dataDir, { recursive: true });
});

function storeWith(config: FilesConfigInput = {}): TrajectoryStore {
  const store = createTrajectoryStore(dataDir, { config, now: () => now });
  stores.push(store);
  return store;
}

/** What says something else is a revision: the text goes with the number of spans. */
const line = ({ spans = 3, ...input }: VariedInput): Trajectory =>
  variedTrajectory({ message: `told by ${spans} spans`, spans, ...input });

const idOf = (run: string): string => variedTrajectory({ run }).trajectory_id;

async function written(store: TrajectoryStore, ...inputs: readonly VariedInput[]): Promise<void> {
  for (const input of inputs) {
    const [result] = await store.write([line(input)]);
    expect(result?.kind).toBe('written');
  }
}

/** Each run by its id, as readers see it. */
async function current(): Promise<ReadonlyMap<string, Trajectory>> {
  const all = await Array.fromAsync(readTrajectories(dataDir));
  const runs = new Map(all.map(({ trajectory }) => [trajectory.trajectory_id, trajectory]));
  expect(runs.size).toBe(all.length);
  return runs;
}

const families = ['success', 'failure', 'unresolved', 'hermes'] as const;

/** Lines of runs by family, superseded ones too; marks count apart. */
async function lineCounts(): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const file of await listFiles(dataDir, families)) {
    const view = await viewOf(dataDir, file);
    for (const { cell, kind } of view?.lines() ?? []) {
      expect(view?.type(cell)).not.toBe(CellType.BROKEN);
      const name = kind === 'mark' ? 'marks' : file.family;
      counts[name] = (counts[name] ?? 0) + 1;
    }
  }
  return counts;
}

const REVISED: readonly VariedInput[] = [
  { run: 'a', spans: 3 },
  { run: 'b', spans: 3 },
  { run: 'a', spans: 4 },
  { run: 'a', spans: 5, outcome: 'failure' },
  { run: 'c', spans: 3 },
];

describe.each([
  ['plain', { hermes: true }],
  ['compressed as they grow', { hermes: true, compression: 'live' }],
] as const)('compaction of %s files', (_name, config) => {
  it('drops what later revisions have superseded, in both formats, and nothing else', async () => {
    await written(storeWith(config), ...REVISED);
    await stores[0]?.close();
    const before = await current();
    expect(await lineCounts()).toEqual({ success: 4, failure: 1, hermes: 5, marks: 1 });
    const progress: number[] = [];
    const result = await compactRuns(dataDir, {
      now: () => now,
      onProgress: ({ done }) => progress.push(done),
    });
    expect(result).toMatchObject({ removedLines: 4, removedMarks: 1, held: 0, young: 0 });
    expect(result.files).toHaveLength(2);
    expect(progress).toEqual([0, 1, 2]);
    expect(await current()).toEqual(before);
    expect(await lineCounts()).toEqual({ success: 2, failure: 1, hermes: 3 });
    const again = await compactRuns(dataDir, { now: () => now });
    expect(again).toMatchObject({ files: [], removedLines: 0, removedMarks: 0 });
  });

  it('goes on while lines are written, and the store knows what it knew', async () => {
    const store = storeWith({ ...config, ...NO_AGE });
    await written(store, ...REVISED);
    const [result] = await Promise.all([
      store.compact(),
      ...Array.from({ length: 20 }, (_, index) => written(store, { run: `new${index}` })),
    ]);
    expect(result).toMatchObject({ removedLines: 4, skipped: [] });
    const same = await store.write([line({ run: 'a', spans: 5, outcome: 'failure' })]);
    expect(same).toEqual([{ kind: 'unchanged' }]);
    expect(await store.write([line({ run: 'c' })])).toEqual([{ kind: 'unchanged' }]);
    await written(store, { run: 'a', spans: 6 }, { run: 'c', spans: 4 });
    expect((await current()).get(idOf('c'))?.extra.aftertrace.revision).toBe(2);
    expect((await current()).get(idOf('a'))?.extra.aftertrace.revision).toBe(4);
    expect((await current()).size).toBe(23);
    expect(await store.compact()).toMatchObject({ removedLines: 4, removedMarks: 1 });
    expect(await lineCounts()).toEqual({ success: 23, hermes: 23 });
    await store.close();
    expect((await checkDataDir(dataDir)).problems.map(({ message }) => message)).toEqual([
      'expected 1, found no file',
    ]);
  });
});

describe('compaction', () => {
  it('drops a run that another one took in, in the second format too', async () => {
    const store = storeWith({ hermes: true, ...NO_AGE });
    await written(store, { run: 'part' }, { run: 'whole' });
    await store.supersede(idOf('part'), 'success');
    expect(await store.compact()).toMatchObject({ removedLines: 2, removedMarks: 1 });
    expect([...(await current()).keys()]).toEqual([idOf('whole')]);
    expect(await lineCounts()).toEqual({ success: 1, hermes: 1 });
  });

  it('says what it would do, and changes no byte', async () => {
    await written(storeWith({ hermes: true }), ...REVISED);
    await stores[0]?.close();
    const before = await bytesOf(dataDir);
    expect(await compactRuns(dataDir, { now: () => now, dryRun: true })).toMatchObject({
      removedLines: 4,
      removedMarks: 1,
    });
    expect(await bytesOf(dataDir)).toEqual(before);
  });

  it('keeps every revision of a run that a legal hold covers', async () => {
    await written(storeWith({ hermes: true }), ...REVISED, { run: 'c', spans: 4 });
    await stores[0]?.close();
    await appendHold(dataDir, {
      schema_version: 'aftertrace.hold.v1',
      id: 'hold_1',
      at: '2026-11-22T12:00:00.000Z',
      by: 'counsel',
      reason: 'a claim',
      selector: { trajectoryIds: [idOf('a')] },
    });
    expect(await compactRuns(dataDir, { now: () => now })).toMatchObject({
      removedLines: 2,
      removedMarks: 0,
      held: 4,
    });
    expect(await lineCounts()).toEqual({ success: 4, failure: 1, hermes: 5, marks: 1 });
  });

  it('keeps what is below the minimum age of its outcome', async () => {
    await written(
      storeWith(),
      { run: 'a', spans: 3, outcome: 'failure' },
      { run: 'a', spans: 4, outcome: 'failure' },
      { run: 'b', spans: 3 },
      { run: 'b', spans: 4 },
    );
    await stores[0]?.close();
    now = NOW + 2 * DAY;
    expect(await compactRuns(dataDir, { now: () => now })).toMatchObject({
      removedLines: 1,
      young: 1,
    });
    expect(await lineCounts()).toEqual({ failure: 2, success: 1 });
  });

  it('deletes the texts that only superseded lines needed', async () => {
    const store = storeWith({ blobs: { minBytes: 1024 }, ...NO_AGE });
    const [old, kept] = ['old '.repeat(1000), 'kept '.repeat(1000)];
    await written(
      store,
      { run: 'a', spans: 3, message: old },
      { run: 'a', spans: 4, message: kept },
      { run: 'b', spans: 3, message: kept },
      { run: 'b', spans: 4 },
    );
    expect(await store.compact()).toMatchObject({ removedLines: 2, removedBlobs: 1 });
    expect(await filesIn(join(dataDir, 'blobs'))).toHaveLength(1);
  });

  it('stops when its store is closed, and leaves the rest for the next time', async () => {
    const store = storeWith({ ...NO_AGE });
    for (const agent of ['x', 'y'])
      await written(store, { run: agent, agent }, { run: agent, agent, spans: 4 });
    const before = await current();
    const compacted = store.compact({
      onProgress: ({ done }) => void (done === 1 && store.close()),
    });
    expect(await compacted).toMatchObject({ removedLines: 1, skipped: [expect.any(String)] });
    expect(await current()).toEqual(before);
    expect(await compactRuns(dataDir, { now: () => now })).toMatchObject({ removedLines: 1 });
  });

  it('removes at the next start the texts that it could not remove before', async () => {
    const config: FilesConfigInput = { blobs: { minBytes: 1024 }, ...NO_AGE };
    const store = storeWith(config);
    for (const spans of [3, 4])
      await written(store, { run: 'x', spans, message: `${spans} `.repeat(800) });
    // When the only file is done.
    await store.compact({ onProgress: ({ done }) => void (done === 1 && store.close()) });
    expect((await problemsIn(dataDir))[0]).toMatch(/^blobs.* no line needs this text/);
    await storeWith(config).start();
    expect(await problemsIn(dataDir)).toEqual([]);
    expect((await current()).size).toBe(1);
  });

  it('removes the texts of files that come after somebody looked after the files meanwhile', async () => {
    const retention = { ...NO_AGE.retention, maxTotalBytes: 10 ** 9 };
    const store = storeWith({ blobs: { minBytes: 1024 }, retention });
    const outcomes = ['success', 'failure'] as const;
    for (const [run, order] of [outcomes, outcomes.toReversed()].entries())
      for (const [spans, outcome] of order.entries())
        await written(store, {
          run: `${run}`,
          spans: 3 + spans,
          message: `${run} ${spans} `.repeat(800),
          outcome,
        });
    const maintained: Promise<unknown>[] = [];
    const result = await store.compact({
      // Between the first file and the second.
      onProgress: ({ done }) => void (done === 0 && maintained.push(store.maintain())),
    });
    await Promise.all(maintained);
    expect(result.files).toHaveLength(2);
    expect(await problemsIn(dataDir)).toEqual([]);
  });

  it('leaves each run once, whole, wherever it is killed', async () => {
    const config: FilesConfigInput = { hermes: true, blobs: { minBytes: 1024 }, ...NO_AGE };
    const store = storeWith(config);
    for (const spans of [3, 4, 5])
      for (const run of ['x', 'y'])
        await written(store, {
          run,
          spans,
          message: `${spans} `.repeat(800),
          outcome: spans === 4 ? 'failure' : 'success',
        });
    await store.close();
    const before = await current();
    const original = await mkdtemp(join(tmpdir(), 'aftertrace-compact-'));
    await cp(dataDir, original, { recursive: true, preserveTimestamps: true });
    const changes = (await killedCompaction(dataDir, 0)) ?? 0;
    // In the middle of writing a file, between its renames, behind them, before the next, of both formats; and at the
    // end, when texts that no line needs are removed.
    for (const dieAt of [7, 10, 12, 14, 27, 30, 32, changes - 3, changes]) {
      await rm(dataDir, { recursive: true });
      await cp(original, dataDir, { recursive: true, preserveTimestamps: true });
      expect(await killedCompaction(dataDir, dieAt)).toBeUndefined();
      expect(await current()).toEqual(before);
      const again = storeWith(config);
      await again.start();
      expect(again.stats()).toMatchObject({ trajectories: 2, brokenLines: 0 });
      await again.compact();
      await again.close();
      expect(await current()).toEqual(before);
      expect(await lineCounts()).toEqual({ success: 2, hermes: 2 });
      expect(await problemsIn(dataDir)).toEqual([]);
    }
    await rm(original, { recursive: true });
  });
});

async function problemsIn(directory: string): Promise<readonly string[]> {
  const { problems } = await checkDataDir(directory);
  return problems.flatMap(({ where, message }) =>
    where === 'VERSION' ? [] : `${where} ${message}`,
  );
}

async function filesIn(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

async function bytesOf(directory: string): Promise<readonly (readonly [string, string])[]> {
  const paths = await filesIn(directory);
  return Promise.all(
    paths.map(async (path) => [path, (await readFile(path)).toString('base64')] as const),
  );
}
