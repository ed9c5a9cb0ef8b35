import { setImmediate as nextTurn } from 'node:timers/promises';

import type { CompactionResult } from '@aftertrace/exporter';
import type { Ledger } from '@aftertrace/ledger';
import { expect, test } from 'vitest';

import { createCompactionJob, type CompactionWork } from './compaction-job.ts';

const NOTHING: CompactionResult = {
  files: [],
  removedLines: 0,
  removedMarks: 0,
  removedBytes: 0,
  removedBlobs: 0,
  held: 0,
  young: 0,
  skipped: [],
};

/** A job whose compactions end when they are told to. */
function jobs() {
  const ends: (() => void)[] = [];
  const asked: boolean[] = [];
  let ids = 0;
  const job = createCompactionJob({
    compact: ({ dryRun }: CompactionWork) => {
      asked.push(dryRun);
      return new Promise<CompactionResult>((resolve) => {
        ends.push(() => resolve(NOTHING));
      });
    },
    ledger: { append: () => Promise.resolve() } as unknown as Ledger,
    now: () => 0,
    randomId: () => `job ${(ids += 1)}`,
  });
  const end = async (): Promise<void> => {
    await nextTurn();
    ends.shift()?.();
    await nextTurn();
  };
  return { job, asked, end };
}

test.each([true, false])(
  'whoever asks for the same is told of the one that goes on (dry run: %s)',
  async (dryRun) => {
    const { job, asked, end } = jobs();
    expect(job.ask({ dryRun })).toMatchObject({ id: 'job 1' });
    expect(job.ask({ dryRun })).toMatchObject({ id: 'job 1' });
    await end();
    expect(asked).toEqual([dryRun]);
  },
);

test.each([true, false])(
  'nobody is told of a compaction of the other kind (dry run: %s)',
  async (dryRun) => {
    const { job, asked, end } = jobs();
    job.ask({ dryRun });
    expect(job.ask({ dryRun: !dryRun })).toBe('busy');
    await end();
    expect(job.ask({ dryRun: !dryRun })).toMatchObject({ id: 'job 2' });
    await end();
    expect(asked).toEqual([dryRun, !dryRun]);
  },
);

test('the end of one is known when the next has begun', async () => {
  const { job, end } = jobs();
  job.ask({ dryRun: true });
  await end();
  job.ask({ dryRun: true });
  expect(job.ask({ id: 'job 1', dryRun: true })).toMatchObject({ id: 'job 1', report: NOTHING });
  expect(job.ask({ id: 'job 9', dryRun: true })).toBe('unknown');
});
