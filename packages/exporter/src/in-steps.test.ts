import { setImmediate as nextTurn } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { atOnce, atPace, type InSteps } from './in-steps.ts';

function* counted(to: number, seen: number[] = []): InSteps<readonly number[]> {
  for (let step = 1; step <= to; step += 1) {
    seen.push(step);
    yield;
  }
  return seen;
}

/** Asks for a pause behind each step of so many. */
function pauseEach(steps: number): { readonly rest: () => Promise<void> | undefined } {
  let asked = 0;
  return { rest: () => ((asked += 1) % steps === 0 ? nextTurn() : undefined) };
}

it('lets others go between steps where the pace asks for it, and gives the same', async () => {
  const seen: number[] = [];
  const others: number[] = [];
  setImmediate(() => others.push(seen.length));
  expect(await atPace(counted(250, seen), pauseEach(100))).toEqual(atOnce(counted(250)));
  expect(others).toEqual([100]);
});

it('is done at once where no pause is asked for', () => {
  expect(atPace(counted(5), { rest: () => undefined })).toEqual([1, 2, 3, 4, 5]);
});

it('rejects with what a step behind a pause throws', async () => {
  function* broken(): InSteps<never> {
    yield;
    throw new Error('no such span');
  }
  await expect(atPace(broken(), pauseEach(1))).rejects.toThrow('no such span');
});
