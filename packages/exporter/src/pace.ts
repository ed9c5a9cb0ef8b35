import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest stretch of work without a pause: an answer takes many turns of the event loop, and each may meet one. */
const STRETCH_MILLIS = 2;

/** A turn that took less had nothing to do for anybody: an empty one takes a hundredth of a millisecond or two. */
const QUIET_TURN_MILLIS = 0.1;

/** Longest pause, so that work goes on under any load; with the stretch, a fifth of the time at least. */
const MAX_PAUSE_MILLIS = 8;

/** Work that is late has longer stretches, and pauses of one turn. */
const LATE_STRETCH_MILLIS = 4;

/** Lets work go on in stretches, between which whoever waits for an answer goes first. */
export interface Pace {
  /**
   * To be awaited between steps: where there was no pause for too long, turns of the event loop until one of them has
   * nothing to do; else nothing.
   */
  rest(): Promise<void> | undefined;
}

export interface PaceOptions {
  /** Milliseconds of a clock that nobody sets, with their fractions. */
  readonly now: () => number;
  /** Whether the work has waited for so long that answers must share with it. Default: it never has. */
  readonly isLate?: () => boolean;
}

export function createPace({ now, isLate = () => false }: PaceOptions): Pace {
  let since = now();
  let pausing: Promise<void> | undefined;
  const pause = async (longest: number): Promise<void> => {
    const from = now();
    let at = from;
    let turn: number;
    do {
      await nextTurn();
      turn = now() - at;
      at += turn;
    } while (turn >= QUIET_TURN_MILLIS && at - from < longest);
    since = at;
    pausing = undefined;
  };
  // Whoever else works meanwhile shares the pause: the stretch of one must not look like an answer to the other.
  const rest = (): Promise<void> | undefined => {
    if (pausing !== undefined) return pausing;
    const stretch = now() - since;
    if (stretch < STRETCH_MILLIS) return undefined;
    const late = isLate();
    if (late && stretch < LATE_STRETCH_MILLIS) return undefined;
    return (pausing = pause(late ? 0 : MAX_PAUSE_MILLIS));
  };
  return { rest };
}
