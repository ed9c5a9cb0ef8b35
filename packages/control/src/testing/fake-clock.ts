import type { Timers } from '../timers.ts';

/** Time that stands still until it is told to go on. */
export interface FakeClock {
  readonly now: () => number;
  readonly timers: Timers;
  /** Lets so much time pass and calls what is due, in order. */
  readonly advance: (millis: number) => void;
}

export function createFakeClock(startMillis = Date.parse('2026-11-22T10:00:00.000Z')): FakeClock {
  let nowMillis = startMillis;
  const waiting = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: () => nowMillis,
    timers: {
      after: (delayMillis, callback) => {
        if (delayMillis <= 0) {
          const due = setImmediate(callback);
          return () => clearImmediate(due);
        }
        const timer = { at: nowMillis + delayMillis, callback };
        waiting.add(timer);
        return () => void waiting.delete(timer);
      },
    },
    advance: (millis) => {
      const end = nowMillis + millis;
      for (;;) {
        const [next] = [...waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        waiting.delete(next);
        nowMillis = Math.max(nowMillis, next.at);
        next.callback();
      }
      nowMillis = end;
    },
  };
}
