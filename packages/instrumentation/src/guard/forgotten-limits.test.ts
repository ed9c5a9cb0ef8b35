import { describe, expect, it } from 'vitest';

import { newScope } from '../testing/guard-fixture.ts';
import { createFactStore } from './fact-store.ts';

const proposed = { agent: 'support', tool: 'refund', arguments: {} };

describe('a limit with a window that was forgotten', () => {
  const WINDOW = 20_000;
  /** `k0` counted at 0, and pushed out by others at `pushedAt`; the clock is the test's. */
  const pushedOut = (pushedAt: number) => {
    const clock = { nowMillis: 0 };
    let dropped = 0;
    const facts = createFactStore({
      now: () => 0,
      steadyMillis: () => clock.nowMillis,
      maxEntries: 2,
      onDrop: () => (dropped += 1),
    });
    const countAs = (key: string): void => {
      const slot = Math.floor(clock.nowMillis / 1_000);
      const usage = { kind: 'usage', slotMillis: 1_000, slot, sums: [1] } as const;
      facts.count({ counters: [[key, usage]], circuits: [], labels: [], shadowLabels: [] });
    };
    const pushOut = (name: string): void => {
      for (let index = 0; index < 20; index += 1) countAs(`${name}${index}`);
    };
    countAs('k0');
    clock.nowMillis = pushedAt;
    pushOut('other');
    const { counters } = facts.state(proposed, newScope().run);
    const isForgotten = (): boolean | undefined => counters.isForgotten?.('k0', WINDOW);
    return { clock, isForgotten, countAs, pushOut, counters, dropped: () => dropped };
  };

  it('is not told for longer than what was counted would count', () => {
    const { clock, isForgotten } = pushedOut(5_000);
    expect(isForgotten()).toBe(true);
    clock.nowMillis = 25_999;
    expect(isForgotten()).toBe(true);
    clock.nowMillis = 26_000;
    expect(isForgotten()).toBe(false);
  });

  it('ends a window after it was missed first, however many others are forgotten meanwhile', () => {
    const { clock, isForgotten, pushOut } = pushedOut(5_000);
    clock.nowMillis = 10_000;
    expect(isForgotten()).toBe(true);
    for (const at of [15_000, 20_000, 25_000, 30_000]) {
      clock.nowMillis = at;
      pushOut(`at${at}-`);
      expect(isForgotten()).toBe(true);
    }
    clock.nowMillis = 31_000;
    expect(isForgotten()).toBe(false);
  });

  it('begins again with what is counted and forgotten anew', () => {
    const { clock, isForgotten, countAs, pushOut } = pushedOut(5_000);
    expect(isForgotten()).toBe(true);
    clock.nowMillis = 26_000;
    countAs('k0');
    pushOut('more');
    expect(isForgotten()).toBe(true);
    clock.nowMillis = 46_999;
    expect(isForgotten()).toBe(true);
    clock.nowMillis = 47_000;
    expect(isForgotten()).toBe(false);
  });

  it('is nothing that was forgotten where its window was over', () => {
    const { isForgotten, dropped } = pushedOut(21_000);
    expect(isForgotten()).toBe(false);
    expect(dropped()).toBe(0);
  });
});
