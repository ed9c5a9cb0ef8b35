/** The wait of the first guarded call for the first state. */
export interface FirstState {
  /** It is in force, or there is no hope of it soon: nobody waits any more. */
  readonly settle: () => void;
  /** A promise for the first calls; undefined when there is nothing to wait for. */
  readonly until: () => Promise<void> | undefined;
}

/** Waits at most `maxMillis` from the first call that asks, and never again; `onLate`, if given, has then to settle it. */
export function createFirstState(maxMillis: number, onLate?: () => void): FirstState {
  let isOver = false;
  let waiting: PromiseWithResolvers<void> | undefined;
  const settle = (): void => {
    isOver = true;
    waiting?.resolve();
  };
  return {
    settle,
    until: () => {
      if (isOver) return undefined;
      if (waiting === undefined) {
        waiting = Promise.withResolvers<void>();
        // Keeps the process alive for this short while: a tool call is waiting.
        const timer = setTimeout(onLate ?? settle, maxMillis);
        void waiting.promise.then(() => clearTimeout(timer));
      }
      return waiting.promise;
    },
  };
}
