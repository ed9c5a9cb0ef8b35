import { expect, test } from 'vitest';

import { createReadAt } from './read-at.ts';

/** A disk whose reads take so many milliseconds each, and who did them. */
function diskTaking(millis: () => number) {
  let time = 0;
  const did = { atOnce: 0, byThread: 0 };
  const readAt = createReadAt({
    now: () => time,
    readSync: (_fd, target) => {
      did.atOnce += 1;
      time += millis();
      return target.length;
    },
    read: (_fd, target) => {
      did.byThread += 1;
      return Promise.resolve(target.length);
    },
  });
  return { readAt, did };
}

async function readMany(disk: ReturnType<typeof diskTaking>, times: number): Promise<void> {
  const target = new Uint8Array(2000);
  for (let each = 0; each < times; each += 1) expect(await disk.readAt(1, target, 0)).toBe(2000);
}

test('what the system has in memory is read at once', async () => {
  const disk = diskTaking(() => 0.002);
  await readMany(disk, 1000);
  expect(disk.did).toEqual({ atOnce: 1000, byThread: 0 });
});

test('who reads without end lets others go on every few milliseconds', async () => {
  const disk = diskTaking(() => 0.5);
  await readMany(disk, 100);
  expect(disk.did).toEqual({ atOnce: 89, byThread: 11 });
});

test('on a slow disk threads read, save one in a thousand', async () => {
  const disk = diskTaking(() => 20);
  await readMany(disk, 5005);
  expect(disk.did).toEqual({ atOnce: 5, byThread: 5000 });
});

test('a disk that was slow once is read at once again', async () => {
  let reads = 0;
  const disk = diskTaking(() => ((reads += 1) === 1 ? 20 : 0.002));
  await readMany(disk, 2002);
  // One of them to let others go on.
  expect(disk.did).toEqual({ atOnce: 1001, byThread: 1001 });
});

test('large pieces are for threads', async () => {
  const { readAt, did } = diskTaking(() => 0);
  await readAt(1, new Uint8Array(64 * 1024), 0);
  await readAt(1, new Uint8Array(64 * 1024 + 1), 0);
  expect(did).toEqual({ atOnce: 1, byThread: 1 });
});
