import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';

import { NO_RESERVE, openContainmentReserve } from './containment-reserve.ts';

async function place(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'aftertrace-reserve-'));
  onTestFinished(async () => rm(directory, { recursive: true, force: true }));
  return join(directory, 'deeper', 'containments.reserve');
}

test('its room is taken in advance, for its own user, and what is kept does not make it grow', async () => {
  const path = await place();
  const reserve = await openContainmentReserve(path);
  const { size, mode } = await stat(path);
  expect(size).toBe(256 * 1024);
  expect(mode & 0o777).toBe(0o600);
  expect(await reserve.keep({ id: 'ctn_1' })).toBe(true);
  await reserve.close();
  expect((await stat(path)).size).toBe(size);
});

test('what was kept is there after a restart, in its order, and nothing once it was cleared', async () => {
  const path = await place();
  const first = await openContainmentReserve(path);
  await Promise.all([first.keep({ id: 1 }), first.keep({ id: 'zwei ü' })]);
  await first.close();
  const second = await openContainmentReserve(path);
  expect(second.left).toEqual({ facts: [{ id: 1 }, { id: 'zwei ü' }], damaged: 0 });
  await second.keep({ id: 3 });
  await second.close();
  const third = await openContainmentReserve(path);
  expect(third.left.facts).toEqual([{ id: 1 }, { id: 'zwei ü' }, { id: 3 }]);
  await third.clear();
  await third.keep({ id: 4 });
  await third.close();
  const fourth = await openContainmentReserve(path);
  expect(fourth.left).toEqual({ facts: [{ id: 4 }], damaged: 0 });
  await fourth.close();
});

test('wherever a crash cuts a write short, what was kept before is read and the rest is no order', async () => {
  const path = await place();
  const reserve = await openContainmentReserve(path);
  await reserve.keep({ id: 'first' });
  const before = await readFile(path);
  await reserve.keep({ id: 'second', reason: 'x'.repeat(200) });
  await reserve.close();
  const after = await readFile(path);
  const from = before.indexOf('\n\n') + 1;
  const to = after.indexOf('\n\n');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: from + 1, max: to - 1 }), async (cut) => {
      const torn = Buffer.concat([after.subarray(0, cut), before.subarray(cut)]);
      await writeFile(path, torn);
      const again = await openContainmentReserve(path);
      expect(again.left).toEqual({ facts: [{ id: 'first' }], damaged: 1 });
      await again.close();
    }),
    { numRuns: 50 },
  );
});

test('a file that is damaged at its end is opened as soon as any other', async () => {
  const path = await place();
  await (await openContainmentReserve(path)).close();
  const bytes = await readFile(path);
  bytes.write('x', bytes.length - 1);
  await writeFile(path, bytes);
  const reserve = await openContainmentReserve(path);
  expect(reserve.left).toEqual({ facts: [], damaged: 1 });
  await reserve.clear();
  expect(await reserve.keep({ id: 'ctn_1' })).toBe(true);
  await reserve.close();
});

test('it says when there is no room, and when the file is closed, instead of throwing', async () => {
  const path = await place();
  const reserve = await openContainmentReserve(path);
  expect(await reserve.keep({ text: 'x'.repeat(256 * 1024) })).toBe(false);
  expect(await reserve.keep({ text: 'x' })).toBe(true);
  await reserve.close();
  expect(await reserve.keep({ text: 'x' })).toBe(false);
  expect(await NO_RESERVE.keep({})).toBe(false);
});
