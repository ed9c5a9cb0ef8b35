import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest stretch of work without a pause: an answer takes many turns of the event loop, and each may meet one. */
const STRETCH_MILLIS = 2;

/** A turn that took less had nothing to do for anybody: an empty one takes a hundredth of a millisecond or two. */
const QUIET_TURN_MILLIS = 0.1;

/** Longest pause, so that work goes on under any load; with the stretch, a fifth of the time at least. */
const MAX_PAUSE_MILLIS = 8;

/** Lets work go on in stretches, between which whoever waits for an answer goes first. */
export interface Pace {
  /**
   * To be awaited between steps: where there was no pause for too long, turns of the event loop until one of them has
   * nothing to do; else nothing.
   */
  rest(): Promise<void> | undefined;
}

/** @param now milliseconds of a clock that nobody sets, with their fractions */
export function createPace(now: () => number): Pace {
  let since = now();
  let pausing: Promise<void> | undefined;
  const pause = async (): Promise<void> => {
    const from = now();
    let at = from;
    let turn: number;
    do {
      await nextTurn();
      turn = now() - at;
      at += turn;
    } while (turn >= QUIET_TURN_MILLIS && at - from < MAX_PAUSE_MILLIS);
    since = at;
    pausing = undefined;
  };
  // Whoever else works meanwhile shares the pause: the stretch of one must not look like an answer to the other.
  return {
    rest: () => pausing ?? (now() - since < STRETCH_MILLIS ? undefined : (pausing = pause())),
  };
}
