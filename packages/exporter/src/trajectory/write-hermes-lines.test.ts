import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { variedTrajectory } from '../files/testing/varied-trajectory.ts';
import type { TrajectoryStore } from './trajectory-store-api.ts';
import { createTrajectoryStore } from './trajectory-store.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'aftertrace-hermes-'));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true });
});

const hermesStore = (): TrajectoryStore =>
  createTrajectoryStore(dataDir, { config: { hermes: true } });

test('hermes files get each run once, by whether it was completed, also when it comes again after a crash', async () => {
  const store = hermesStore();
  await store.write([
    variedTrajectory({ run: 'a' }),
    variedTrajectory({ run: 'b', outcome: 'failure' }),
  ]);
  await store.close();
  // The crash came between the two formats.
  await rm(join(dataDir, 'trajectories/success'), { recursive: true });
  const again = hermesStore();
  await again.write([variedTrajectory({ run: 'a' }), variedTrajectory({ run: 'c' })]);
  await again.close();
  const folder = join(dataDir, 'trajectories/hermes/2026-11-22');
  const read = async (name: string): Promise<number> =>
    (await readFile(join(folder, name), 'utf8')).split('\n').length - 1;
  expect(await read('trajectory_samples.jsonl')).toBe(2);
  expect(await read('failed_trajectories.jsonl')).toBe(1);
});
