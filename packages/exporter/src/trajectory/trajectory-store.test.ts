import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SupersededLine, Trajectory, type WrittenTrajectory } from '@aftertrace/schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { sampleTrajectory } from '../testing/sample-trajectory.ts';
import {
  readTrajectories,
  type BrokenLine,
  type ReadTrajectoriesOptions,
} from './read-trajectories.ts';
import { createTrajectoryStore } from './trajectory-store.ts';
import type { TrajectoryStore } from './trajectory-store-api.ts';

const SUCCESS = 'trajectories/success/2026-11-22.support.jsonl';
const FAILURE = 'trajectories/failure/2026-11-22.support.jsonl';

let dataDir: string;
let store: TrajectoryStore;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'aftertrace-store-'));
  store = createTrajectoryStore(dataDir);
});
afterEach(async () => {
  await store.close();
  await rm(dataDir, { recursive: true });
});

async function reopen(): Promise<void> {
  await store.close();
  store = createTrajectoryStore(dataDir);
  await store.start();
}

async function linesIn(file: string): Promise<unknown[]> {
  const text = await readFile(join(dataDir, file), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

async function read(options?: ReadTrajectoriesOptions): Promise<WrittenTrajectory[]> {
  return Array.fromAsync(readTrajectories(dataDir, options));
}

const runs = (written: readonly WrittenTrajectory[]): string[] =>
  written.map(
    ({ trajectory }) =>
      `${trajectory.extra.aftertrace.runId}/${trajectory.extra.aftertrace.revision}`,
  );

describe('trajectory store', () => {
  it('appends one valid line a run to the file of its outcome and day, and says where it is', async () => {
    const results = await store.write([
      sampleTrajectory({ run: 'a' }),
      sampleTrajectory({ run: 'b', outcome: 'terminated' }),
      sampleTrajectory({ run: 'c' }),
    ]);
    expect(results).toMatchObject([
      { kind: 'written', written: { file: SUCCESS, line: 1 } },
      { kind: 'written', written: { file: FAILURE, line: 1 } },
      { kind: 'written', written: { file: SUCCESS, line: 2 } },
    ]);
    for (const line of await linesIn(SUCCESS)) Trajectory.parse(line);
    expect(runs(await read())).toEqual(['a/1', 'c/1', 'b/1']);
  });

  it('writes the same telemetry once, also after a restart', async () => {
    await store.write([sampleTrajectory({ run: 'a' })]);
    expect(await store.write([sampleTrajectory({ run: 'a' })])).toEqual([{ kind: 'unchanged' }]);
    await reopen();
    expect(
      await store.write([sampleTrajectory({ run: 'a', message: 'redacted otherwise' })]),
    ).toEqual([{ kind: 'unchanged' }]);
    expect(await linesIn(SUCCESS)).toHaveLength(1);
  });

  it('writes no line that says the same as the one before', async () => {
    await store.write([sampleTrajectory({ run: 'a' })]);
    expect(await store.write([sampleTrajectory({ run: 'a', spans: 4 })])).toEqual([
      { kind: 'unchanged' },
    ]);
  });

  it('gives late spans a higher revision, of which readers see the highest only', async () => {
    await store.write([
      sampleTrajectory({ run: 'a' }),
      sampleTrajectory({ run: 'a', spans: 4, message: 'more' }),
    ]);
    await reopen();
    await store.write([sampleTrajectory({ run: 'a', spans: 5, message: 'most' })]);
    expect(runs(await read())).toEqual(['a/3']);
    expect(await linesIn(SUCCESS)).toHaveLength(3);
  });

  it('marks the line in the old file where the outcome changed', async () => {
    await store.write([sampleTrajectory({ run: 'a' })]);
    await store.write([sampleTrajectory({ run: 'a', spans: 4, outcome: 'failure' })]);
    const [, mark] = await linesIn(SUCCESS);
    expect(SupersededLine.parse(mark)).toMatchObject({ revision: 1, now_in: 'failure' });
    expect(runs(await read())).toEqual(['a/2']);
    expect(runs(await read({ outcome: 'success' }))).toEqual([]);
  });

  it('replaces no whole run by a fragment, and an unfinished one by its end', async () => {
    await store.write([
      sampleTrajectory({ run: 'a' }),
      sampleTrajectory({ run: 'b', rootEnded: false, outcome: 'incomplete', spans: 9 }),
    ]);
    await reopen();
    const results = await store.write([
      sampleTrajectory({ run: 'a', spans: 2, message: 'part' }),
      sampleTrajectory({ run: 'a', spans: 7, rootEnded: false, message: 'open' }),
      sampleTrajectory({ run: 'b', spans: 2 }),
    ]);
    expect(results).toMatchObject([
      { kind: 'fragment' },
      { kind: 'fragment' },
      { kind: 'written' },
    ]);
    expect(runs(await read())).toEqual(['a/1', 'b/2']);
  });

  it('writes no line of a run that was erased while the line waited', async () => {
    const first = sampleTrajectory({ run: 'a' });
    await store.write([first]);
    let isErased = false;
    const [erasure, results] = await Promise.all([
      store.erase(
        { ids: [first.trajectory_id] },
        { onPlanned: async () => void (isErased = true) },
      ),
      store.write([sampleTrajectory({ run: 'a', spans: 4 })], () => isErased),
    ]);
    expect(erasure.erasedLines).toBe(1);
    expect(results).toEqual([{ kind: 'erased' }]);
    expect(await read()).toEqual([]);
  });

  it('hides a run that turned out to be part of another one, also after a restart', async () => {
    const part = sampleTrajectory({ run: 'part' });
    await store.write([part, sampleTrajectory({ run: 'whole' })]);
    await store.supersede(part.trajectory_id, 'success');
    expect(runs(await read())).toEqual(['whole/1']);
    await reopen();
    expect(store.stats().trajectories).toBe(1);
  });

  it('cuts a line that a crash left unfinished, and goes on behind the whole ones', async () => {
    await store.write([sampleTrajectory({ run: 'a' }), sampleTrajectory({ run: 'b' })]);
    const path = join(dataDir, SUCCESS);
    await truncate(path, (await readFile(path)).length - 10);
    expect(runs(await read())).toEqual(['a/1']);
    await reopen();
    await store.write([sampleTrajectory({ run: 'c' })]);
    expect(runs(await read())).toEqual(['a/1', 'c/1']);
  });

  it('reports broken lines with their place and reads on', async () => {
    await store.write([sampleTrajectory({ run: 'a' })]);
    await appendFile(
      join(dataDir, SUCCESS),
      '{"schema_version":\nnot a line\n{"schema_version":"ATIF-v1.7"}\n',
    );
    await reopen();
    await store.write([sampleTrajectory({ run: 'b' })]);
    const problems: BrokenLine[] = [];
    expect(runs(await read({ onProblem: (problem) => problems.push(problem) }))).toEqual([
      'a/1',
      'b/1',
    ]);
    expect(problems.map(({ file, line }) => [file, line])).toEqual([
      [SUCCESS, 2],
      [SUCCESS, 3],
      [SUCCESS, 4],
    ]);
    expect(store.stats().brokenLines).toBe(3);
  });

  it('reads chosen trajectories', async () => {
    await store.write([sampleTrajectory({ run: 'a' }), sampleTrajectory({ run: 'b' })]);
    expect(runs(await read({ ids: [sampleTrajectory({ run: 'b' }).trajectory_id] }))).toEqual([
      'b/1',
    ]);
    expect(runs(await Array.fromAsync(readTrajectories(join(dataDir, 'nowhere'))))).toEqual([]);
  });

  it('reads the lines in which a text stands, and no further when it is told to stop', async () => {
    await store.write([sampleTrajectory({ run: 'a' }), sampleTrajectory({ run: 'b' })]);
    const { trajectory_id: id } = sampleTrajectory({ run: 'b' });
    expect(runs(await read({ containing: id }))).toEqual(['b/1']);
    expect(runs(await read({ containing: 'stands nowhere' }))).toEqual([]);
    expect(runs(await read({ signal: AbortSignal.abort() }))).toEqual([]);
    const stop = new AbortController();
    const begun: WrittenTrajectory[] = [];
    for await (const written of readTrajectories(dataDir, { signal: stop.signal })) {
      begun.push(written);
      stop.abort();
    }
    expect(runs(begun)).toEqual(['a/1']);
  });

  it('tells when the disk refuses, and writes the same lines once it is well', async () => {
    await writeFile(join(dataDir, 'trajectories'), 'a file where a directory must be');
    await expect(store.write([sampleTrajectory({ run: 'a' })])).rejects.toThrow(/EEXIST|ENOTDIR/);
    await rm(join(dataDir, 'trajectories'));
    await reopen();
    await store.write([sampleTrajectory({ run: 'a' })]);
    expect(runs(await read())).toEqual(['a/1']);
  });

  it('reads lines longer than one read of the disk', async () => {
    const message = 'ü'.repeat(400_000);
    store = createTrajectoryStore(dataDir, { config: { blobs: { minBytes: 1_000_000 } } });
    await store.write([sampleTrajectory({ run: 'a', message }), sampleTrajectory({ run: 'b' })]);
    const [first, second] = await read();
    expect(first?.trajectory.steps[0]?.message === message).toBe(true);
    expect(second?.line).toBe(2);
  });
});
