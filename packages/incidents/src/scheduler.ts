/** Runs something once, later; returns how to call it off. Injected, so that tests need not wait. */
export type Scheduler = (run: () => void, delayMillis: number) => () => void;

// What `setTimeout` takes at most; longer waits are cut, and whoever waits looks at the clock again.
const MAX_DELAY_MILLIS = 2 ** 31 - 1;

/** The real one. Its timers keep no process alive. */
export const systemScheduler: Scheduler = (run, delayMillis) => {
  const timer = setTimeout(run, Math.min(Math.max(0, delayMillis), MAX_DELAY_MILLIS));
  timer.unref();
  return () => clearTimeout(timer);
};
