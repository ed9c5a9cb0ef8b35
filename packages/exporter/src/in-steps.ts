import type { Pace } from './pace.ts';

/** Work that is done in steps, between which others may go first. What it gives does not depend on who goes between. */
export type InSteps<Result> = Generator<undefined, Result, undefined>;

/** All of the steps, one after another. */
export function atOnce<Result>(work: InSteps<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** All of the steps, with pauses where the pace asks for them; a short work has none, and is done when this returns. */
export function atPace<Result>(work: InSteps<Result>, pace: Pace): Result | Promise<Result> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    const pause = pace.rest();
    if (pause !== undefined) return afterPause(work, pace, pause);
  }
}

async function afterPause<Result>(
  work: InSteps<Result>,
  pace: Pace,
  first: Promise<void>,
): Promise<Result> {
  let pause: Promise<void> | undefined = first;
  for (;;) {
    if (pause !== undefined) await pause;
    const step = work.next();
    if (step.done === true) return step.value;
    pause = pace.rest();
  }
}
