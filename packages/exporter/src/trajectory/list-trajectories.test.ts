import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { variedTrajectory, type VariedInput } from '../files/testing/varied-trajectory.ts';
import { listTrajectories } from './list-trajectories.ts';
import { createTrajectoryStore } from './trajectory-store.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'aftertrace-lists-'));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true });
});

test('lists are filtered by what the index knows, newest first', async () => {
  const store = createTrajectoryStore(dataDir);
  const write = async (...inputs: readonly VariedInput[]): Promise<unknown> =>
    store.write(inputs.map((input) => variedTrajectory(input)));
  const long = 'x'.repeat(300);
  await write(
    { run: 'a', endMillis: NOW - 3000, failed: { tool: 'refund', class: 'timeout' } },
    { run: 'b', endMillis: NOW - 2000, outcome: 'failure', conversation: 'c1' },
    { run: 'c', endMillis: NOW - 1000, agent: `${long}1` },
    { run: 'd', endMillis: NOW, agent: `${long}2`, failed: { tool: `${long}t`, class: 'crash' } },
  );
  await write({
    run: 'b',
    endMillis: NOW - 2000,
    spans: 9,
    message: 'late',
    conversation: 'c1',
  });
  const ends = async (filter: object): Promise<number[]> =>
    (await listTrajectories(dataDir, filter)).map(
      ({ endTimeUnixNano }) => NOW - Number(BigInt(endTimeUnixNano) / 1_000_000n),
    );
  expect(await ends({})).toEqual([0, 1000, 2000, 3000]);
  expect(await ends({ limit: 2 })).toEqual([0, 1000]);
  expect(await ends({ outcome: ['failure'] })).toEqual([]);
  expect(await ends({ tool: 'refund' })).toEqual([3000]);
  expect(await ends({ tool: `${long}t` })).toEqual([0]);
  expect(await ends({ class: 'timeout' })).toEqual([3000]);
  expect(await ends({ agent: `${long}1` })).toEqual([1000]);
  expect(await ends({ conversation: 'c1' })).toEqual([2000]);
  expect(await ends({ sinceMillis: NOW - 2000, untilMillis: NOW })).toEqual([1000, 2000]);
  const [entry] = await listTrajectories(dataDir, { conversation: 'c1' });
  expect(entry).toMatchObject({ revision: 2, outcome: 'success', steps: 1, line: 2 });
  expect(await ends({ idPrefix: entry?.trajectoryId.slice(0, 12) ?? '' })).toEqual([2000]);
  await store.close();
});
