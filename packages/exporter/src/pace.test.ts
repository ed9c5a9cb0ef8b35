import { expect, it } from 'vitest';

import { createPace } from './pace.ts';

/** A clock that somebody else's work moves on, a turn of the event loop each. */
function createOthers(): {
  readonly now: () => number;
  readonly pass: (millis: number) => void;
  readonly work: (turns: number, millisEach: number) => void;
  readonly turnsLeft: () => number;
} {
  let now = 10;
  let left = 0;
  const turn = (millis: number): void => {
    if (left === 0) return;
    left -= 1;
    now += millis;
    setImmediate(() => turn(millis));
  };
  return {
    now: () => now,
    pass: (millis) => (now += millis),
    work: (turns, millisEach) => {
      left = turns;
      setImmediate(() => turn(millisEach));
    },
    turnsLeft: () => left,
  };
}

it('lets others go first once work has gone on for long enough, and counts from there', async () => {
  const others = createOthers();
  const pace = createPace(others);
  expect(pace.rest()).toBeUndefined();
  others.pass(4);
  let wentFirst = false;
  setImmediate(() => (wentFirst = true));
  await pace.rest();
  expect(wentFirst).toBe(true);
  expect(pace.rest()).toBeUndefined();
  others.pass(4);
  expect(pace.rest()).toBeInstanceOf(Promise);
});

it('goes on when others have done what they had to do in several turns', async () => {
  const others = createOthers();
  const pace = createPace(others);
  others.pass(4);
  others.work(5, 1);
  await pace.rest();
  expect(others.turnsLeft()).toBe(0);
});

it('goes on after a while whatever others have to do', async () => {
  const others = createOthers();
  const pace = createPace(others);
  others.pass(4);
  others.work(1000, 1);
  await pace.rest();
  expect(others.turnsLeft()).toBeGreaterThan(980);
  others.work(0, 0);
});

it('shares with answers what is late: longer stretches, pauses of one turn', async () => {
  const others = createOthers();
  let isLate = true;
  const pace = createPace({ now: others.now, isLate: () => isLate });
  others.pass(3);
  expect(pace.rest()).toBeUndefined();
  others.pass(1);
  others.work(5, 1);
  await pace.rest();
  expect(others.turnsLeft()).toBe(4);
  isLate = false;
  others.pass(3);
  await pace.rest();
  expect(others.turnsLeft()).toBe(0);
});

it('rests once for all that work: the stretch of one is no answer to the other', async () => {
  const others = createOthers();
  const pace = createPace(others);
  others.pass(4);
  const first = pace.rest();
  expect(pace.rest()).toBe(first);
  await first;
  expect(pace.rest()).toBeUndefined();
});
