import { mkdtemp, readdir, readlink, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { createTrajectoryStore } from '../trajectory/trajectory-store.ts';
import { variedTrajectory } from './testing/varied-trajectory.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await realpath(await mkdtemp(join(tmpdir(), 'aftertrace-line-files-')));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true });
});

/** Names of the files below the data directory that this process has open. */
async function openNow(): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd');
  const open = await Promise.all(
    descriptors.map((each) => readlink(`/proc/self/fd/${each}`).catch(() => '')),
  );
  return open.filter((path) => path.startsWith(dataDir)).map((path) => basename(path));
}

it.runIf(process.platform === 'linux')('a file that is full does not stay open', async () => {
  const store = createTrajectoryStore(dataDir, { config: { maxFileBytes: 4096 } });
  for (let n = 0; n < 20; n += 1) {
    await store.write([variedTrajectory({ run: `run-${n}`, message: 'x'.repeat(1000) })]);
  }
  const files = await readdir(join(dataDir, 'trajectories', 'success'));
  expect(files.length).toBeGreaterThan(6);
  const open = await openNow();
  expect(open).toHaveLength(2);
  expect(open.toSorted()[1]).toBe(`${open.toSorted()[0]}.idx`);
  await store.close();
  expect(await openNow()).toEqual([]);
});
