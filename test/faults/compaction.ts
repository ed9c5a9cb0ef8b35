import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import {
  checkDataDir,
  compactRuns,
  createTrajectoryStore,
  readTrajectories,
} from '../../packages/exporter/src/index.ts';
import { killedCompaction } from '../../packages/exporter/src/files/testing/killed-compaction.ts';
import { sampleTrajectory } from '../../packages/exporter/src/testing/sample-trajectory.ts';
import type { Outcome } from './outcome.ts';

const RUNS = 2;
const NO_AGE = { retention: { minAgeMillis: { success: 0, failure: 0, unresolved: 0 } } };
/** A compaction that never comes to its end by itself would be killed for ever. */
const MAX_CHANGES = 500;

/** Kills a compaction at every single change that it makes to the disk: no run is lost or there twice, in either format. */
export async function compaction(): Promise<Outcome> {
  const folder = await mkdtemp(path.join(tmpdir(), 'aftertrace-compaction-'));
  const problems: string[] = [];
  const facts: string[] = [];
  for (const kind of ['none', 'live'] as const) {
    const original = path.join(folder, kind);
    await fill(original, kind);
    const expected = await newest(original);
    let dieAt = 1;
    let hasEnded = false;
    for (; dieAt < MAX_CHANGES; dieAt += 1) {
      const copy = path.join(folder, `${kind}-${dieAt}`);
      await cp(original, copy, { recursive: true, preserveTimestamps: true });
      const ended = await killedCompaction(copy, dieAt);
      problems.push(...(await damage(copy, expected)).map((what) => `killed at ${dieAt}: ${what}`));
      await compactRuns(copy, { files: NO_AGE });
      problems.push(...(await damage(copy, expected)).map((what) => `after ${dieAt}: ${what}`));
      const { lines } = await checkDataDir(copy);
      // A line a run, and one in the second format.
      if (lines !== 2 * RUNS) problems.push(`after ${dieAt}: ${lines} lines are left`);
      await rm(copy, { recursive: true });
      hasEnded = ended !== undefined;
      if (hasEnded) break;
    }
    if (!hasEnded) problems.push(`compression ${kind}: it never came to its end`);
    else if (dieAt === 1) problems.push(`compression ${kind}: it was never killed`);
    facts.push(`compression ${kind}: killed at each of ${dieAt - 1} changes of the disk`);
  }
  await rm(folder, { recursive: true });
  return { problems: problems.slice(0, 10), facts };
}

/** Runs in three revisions each, the second with another outcome. */
async function fill(dataDir: string, compression: 'none' | 'live'): Promise<void> {
  const config = { hermes: true, compression, blobs: { minBytes: 1024 } };
  const store = createTrajectoryStore(dataDir, { config });
  for (const spans of [3, 4, 5]) {
    for (let run = 0; run < RUNS; run += 1) {
      const outcome = spans === 4 ? 'failure' : 'success';
      const message = `${run} in ${spans} `.repeat(400);
      await store.write([sampleTrajectory({ run: `run ${run}`, spans, outcome, message })]);
    }
  }
  await store.close();
  await writeFile(path.join(dataDir, 'VERSION'), '1\n');
}

async function newest(dataDir: string): Promise<readonly unknown[]> {
  const found = await Array.fromAsync(readTrajectories(dataDir));
  return found
    .map(({ trajectory }) => trajectory)
    .toSorted((one, other) => (one.trajectory_id < other.trajectory_id ? -1 : 1));
}

async function damage(dataDir: string, expected: readonly unknown[]): Promise<readonly string[]> {
  const found = await newest(dataDir);
  const { problems } = await checkDataDir(dataDir);
  return [
    ...(isDeepStrictEqual(found, expected) ? [] : [`${found.length} runs are read, or others`]),
    ...problems
      .filter(({ severity }) => severity === 'error')
      .map(({ where, message }) => `${where}: ${message}`),
  ];
}
