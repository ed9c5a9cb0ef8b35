import { expect, test } from 'vitest';

import { createRunFinder } from './find-runs.ts';
import { foreignRun, runningCompanion, sendTraces } from './testing/running.ts';

const STAYS = new AbortController().signal;

/** A finder over a directory with two runs. */
async function recorded() {
  const { companion, addresses, dataDir } = await runningCompanion();
  for (const trace of ['a', 'b']) await sendTraces(addresses.otlp, foreignRun({ trace }));
  await companion.pipeline.flush({ all: true });
  return createRunFinder(dataDir);
}

test('a run that nobody told of is found by its trace in the files', async () => {
  const runs = await recorded();
  const found = await runs.byTrace('b'.repeat(32), STAYS);
  if (found.kind !== 'found') throw new Error('it is there');
  const written = await runs.byId(found.trajectoryId);
  expect(written?.trajectory.extra.aftertrace.traceIds).toEqual(['b'.repeat(32)]);
  expect(await runs.byTrace('c'.repeat(32), STAYS)).toEqual({ kind: 'none' });
  expect(await runs.byId('traj_none')).toBeUndefined();
});

test('one look through the files goes on at a time, and ends when who asked has left', async () => {
  const runs = await recorded();
  const first = runs.byTrace('b'.repeat(32), STAYS);
  expect(await runs.byTrace('a'.repeat(32), STAYS)).toEqual({ kind: 'busy' });
  expect(await first).toMatchObject({ kind: 'found' });
  expect(await runs.byTrace('a'.repeat(32), AbortSignal.abort())).toEqual({ kind: 'none' });
  expect(await runs.byTrace('a'.repeat(32), STAYS)).toMatchObject({ kind: 'found' });
});

test('what was told is known at once, the latest of each trace, and only so much of it', async () => {
  const runs = await recorded();
  const [written] = [await runs.byTrace('a'.repeat(32), STAYS)];
  if (written.kind !== 'found') throw new Error('it is there');
  const line = await runs.byId(written.trajectoryId);
  if (line === undefined) throw new Error('it is there');
  const { aftertrace } = line.trajectory.extra;
  const tell = (trajectoryId: string, traceId: string): void =>
    runs.written({
      ...line,
      trajectory: {
        ...line.trajectory,
        trajectory_id: trajectoryId,
        extra: { aftertrace: { ...aftertrace, traceIds: [traceId] } },
      },
    });
  tell('traj_1', 'x');
  tell('traj_2', 'x');
  expect(await runs.byTrace('x', AbortSignal.abort())).toEqual({
    kind: 'found',
    trajectoryId: 'traj_2',
  });
  const tellOthers = (from: number, to: number): void => {
    for (let index = from; index < to; index += 1) tell('traj_3', `y${index}`);
  };
  tellOthers(0, 10_000);
  tell('traj_4', 'x');
  tellOthers(10_000, 29_999);
  expect(await runs.byTrace('x', AbortSignal.abort())).toEqual({
    kind: 'found',
    trajectoryId: 'traj_4',
  });
  expect(await runs.byTrace('y9999', AbortSignal.abort())).toEqual({ kind: 'none' });
  tellOthers(29_999, 30_000);
  expect(await runs.byTrace('x', AbortSignal.abort())).toEqual({ kind: 'none' });
});
