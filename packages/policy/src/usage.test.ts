import type { LimitMatch } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { usedAmount, withUsage, type UsageState } from './usage.ts';

const LIMIT: LimitMatch = { atMost: 5, withinMillis: 20_000, per: 'conversation' };

function used(limit: LimitMatch, times: readonly number[]): UsageState | undefined {
  let state: UsageState | undefined;
  for (const nowMillis of times) state = withUsage(limit, state, { amount: 1, nowMillis });
  return state;
}

describe('what a limit counts', () => {
  it('falls out of the window when it is older', () => {
    const state = used(LIMIT, [0, 500, 10_000]);
    expect(usedAmount(LIMIT, state, 10_000)).toBe(3);
    expect(usedAmount(LIMIT, state, 21_000)).toBe(1);
    expect(usedAmount(LIMIT, state, 60_000)).toBe(0);
  });

  it('is kept for ever without a window', () => {
    const limit: LimitMatch = { atMost: 5, per: 'run' };
    expect(usedAmount(limit, used(limit, [0, 1, 1e12]), 1e15)).toBe(3);
  });

  it('stays where a clock goes back', () => {
    const state = used(LIMIT, [50_000, 20]);
    expect(usedAmount(LIMIT, state, 10)).toBe(2);
    expect(usedAmount(LIMIT, state, 69_000)).toBe(2);
  });

  it('starts anew where the window has another length', () => {
    const state = used(LIMIT, [0, 0, 0]);
    expect(usedAmount({ ...LIMIT, withinMillis: 60_000 }, state, 1)).toBe(0);
  });

  it('is never less than what lies within the window, and nothing older than a twentieth more', () => {
    const times = fc.array(fc.integer({ min: 0, max: 4_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(times, fc.integer({ min: 1_000, max: 50_000 }), (gaps, withinMillis) => {
        const limit = { ...LIMIT, withinMillis };
        let now = 0;
        const at = gaps.map((gap) => (now += gap));
        const counted = usedAmount(limit, used(limit, at), now);
        const within = (millis: number): number => at.filter((time) => time > now - millis).length;
        expect(counted).toBeGreaterThanOrEqual(within(withinMillis));
        expect(counted).toBeLessThanOrEqual(within(withinMillis + withinMillis / 20 + 20));
      }),
    );
  });
});
