/** Timers, so that tests own the time. */
export interface Timers {
  /** Calls once after so many milliseconds; gives a function that calls it off. */
  readonly after: (delayMillis: number, callback: () => void) => () => void;
}

/** The longest delay that Node's timers hold. Who waits longer is woken early and must look at the clock. */
const MAX_DELAY_MILLIS = 2 ** 31 - 1;

/** The process's own timers; they keep no process alive. */
export const systemTimers: Timers = {
  after: (delayMillis, callback) => {
    const delay = Math.min(Math.max(0, delayMillis), MAX_DELAY_MILLIS);
    const timer = setTimeout(callback, delay);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
