import type { Scheduler } from '../scheduler.ts';

/** A clock and its timers, moved by hand: tests never wait. */
export interface ManualClock {
  readonly now: () => number;
  readonly schedule: Scheduler;
  /** Moves the time on and runs what is due, in order. */
  advance(millis: number): void;
}

export function createManualClock(start = Date.parse('2026-11-22T10:00:00.000Z')): ManualClock {
  let nowMillis = start;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    now: () => nowMillis,
    schedule(run, delayMillis) {
      const timer = { at: nowMillis + Math.max(0, delayMillis), run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(millis) {
      const until = nowMillis + millis;
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
        const [next] = due;
        if (next === undefined) break;
        timers.delete(next);
        nowMillis = Math.max(nowMillis, next.at);
        next.run();
      }
      nowMillis = until;
    },
  };
}
