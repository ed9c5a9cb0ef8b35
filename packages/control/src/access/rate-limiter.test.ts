import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { createRateLimiter } from './rate-limiter.ts';

test('whatever the clock does, no more is granted than the burst and what the time that passed adds', () => {
  const steps = fc.array(fc.integer({ min: -5_000, max: 5_000 }), { maxLength: 200 });
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      (moves, perSecond, burst) => {
        let nowMillis = 100_000;
        let forwardMillis = 0;
        let granted = 0;
        const { take } = createRateLimiter(() => nowMillis);
        for (const move of moves) {
          nowMillis += move;
          forwardMillis += Math.max(0, move);
          const waitMillis = take('a', { perSecond, burst });
          if (waitMillis === 0) granted += 1;
          expect(waitMillis).toBeGreaterThanOrEqual(0);
          expect(waitMillis).toBeLessThanOrEqual(Math.ceil(1000 / perSecond));
        }
        expect(granted).toBeLessThanOrEqual(burst + (forwardMillis * perSecond) / 1000 + 1e-6);
      },
    ),
  );
});

test('who waits as long as was said is let in, and one key takes nothing from another', () => {
  let nowMillis = 0;
  const limit = { perSecond: 3, burst: 2 };
  const { take } = createRateLimiter(() => nowMillis);
  expect([take('a', limit), take('a', limit)]).toEqual([0, 0]);
  const waitMillis = take('a', limit);
  expect(waitMillis).toBe(334);
  expect(take('b', limit)).toBe(0);
  nowMillis += waitMillis;
  expect(take('a', limit)).toBe(0);
});

test('keys are forgotten once there are too many, those longest not used first', () => {
  const limit = { perSecond: 0.001, burst: 1 };
  const { take } = createRateLimiter(() => 0);
  take('old', limit);
  take('used', limit);
  for (let n = 0; n < 9_998; n += 1) take(`${n}`, limit);
  expect(take('used', limit)).toBeGreaterThan(0);
  take('one more', limit);
  expect(take('used', limit)).toBeGreaterThan(0);
  expect(take('old', limit)).toBe(0);
});
