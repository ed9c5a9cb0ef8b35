import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { compactRuns } from '../conversations/compact-runs.ts';
import { createJournal } from '../journal/journal.ts';
import { createPipeline } from '../pipeline.ts';
import { listTrajectories } from '../trajectory/list-trajectories.ts';
import { checkDataDir } from './check-data-dir.ts';
import { openDataDir } from './data-dir.ts';

/**
 * What a companion of the first release left when it was killed: files named by the day alone, without an index; two
 * runs revised, each moved to another file with a mark; a run that goes on, in a journal of requests in JSON.
 */
const FIRST = join(import.meta.dirname, 'testing', 'first-layout');

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'aftertrace-first-'));
  await cp(FIRST, dir, { recursive: true });
});
afterEach(() => rm(dir, { recursive: true }));

const runs = async (): Promise<readonly string[]> => {
  const found = await listTrajectories(dir);
  return found
    .map(({ outcome, revision, file }) => `${outcome} ${revision} ${file.split('/').at(-1)}`)
    .toSorted();
};

describe('a directory of the first release', () => {
  test('is opened as it is, read, and gone on with', async () => {
    expect(await runs()).toEqual(['failure 2 2026-11-22.jsonl', 'unknown 2 2026-11-22.jsonl']);
    const opened = await openDataDir(dir);
    if (opened.kind !== 'opened') throw new Error('in use');
    expect(opened.dataDir.migrated).toEqual([]);
    const pipeline = createPipeline({
      dataDir: dir,
      journal: createJournal({ dir: join(dir, 'journal') }),
    });
    await pipeline.start();
    await pipeline.flush({ all: true });
    await pipeline.shutdown();
    await opened.dataDir.close();
    // The journal has the requests of all three: this release says more of the two, and it is a revision.
    expect(await runs()).toEqual([
      'failure 3 2026-11-22.py.jsonl',
      'incomplete 1 2026-11-22.py.jsonl',
      'unknown 3 2026-11-22.py.jsonl',
    ]);
    expect(await checkDataDir(dir)).toMatchObject({ ok: true, problems: [], lines: 9 });
    expect(await readFile(join(dir, 'VERSION'), 'utf8')).toBe('1\n');
  });

  test('is compacted like any other', async () => {
    const minAgeMillis = { success: 0, failure: 0, unresolved: 0 };
    const before = await runs();
    expect(await compactRuns(dir, { files: { retention: { minAgeMillis } } })).toMatchObject({
      removedLines: 2,
      removedMarks: 2,
      files: ['trajectories/failure/2026-11-22.jsonl', 'trajectories/unresolved/2026-11-22.jsonl'],
    });
    expect(await runs()).toEqual(before);
  });
});
