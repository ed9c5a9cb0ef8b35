import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest stretch of work without a pause: an answer takes several turns of the event loop, and each may meet one. */
const STRETCH_MILLIS = 4;

/** Lets work go on in stretches, between which whoever waits for an answer goes first. */
export interface Pace {
  /** To be awaited between steps: a turn of the event loop where there was none for too long, else nothing. */
  rest(): Promise<void> | undefined;
}

/** @param now milliseconds of a clock that nobody sets */
export function createPace(now: () => number): Pace {
  let since = now();
  const turn = async (): Promise<void> => {
    await nextTurn();
    since = now();
  };
  return { rest: () => (now() - since < STRETCH_MILLIS ? undefined : turn()) };
}
