import type { ContainmentProgress } from './containment-progress.ts';
import type { Timers } from './timers.ts';

export interface WaitOptions {
  /** The longest wait; then the progress is given as it is. */
  readonly timeoutMillis: number;
  /** Ends the wait early, in the same way. */
  readonly signal?: AbortSignal;
}

/** Waits until progress is settled one way or the other. */
export interface ContainmentWaiters {
  readonly wait: (
    progress: () => ContainmentProgress,
    options: WaitOptions & {
      /** Nothing more is worth waiting for. */
      readonly isSettled: (progress: ContainmentProgress) => boolean;
    },
  ) => Promise<ContainmentProgress>;
  /** Something changed that may have settled one. */
  readonly changed: () => void;
}

export function createContainmentWaiters(timers: Timers): ContainmentWaiters {
  const checks = new Set<() => void>();
  return {
    changed: () => {
      for (const check of checks) check();
    },
    wait: async (progress, { timeoutMillis, isSettled, signal }) =>
      new Promise((resolve) => {
        const finish = (): void => {
          checks.delete(check);
          callOff();
          signal?.removeEventListener('abort', finish);
          resolve(progress());
        };
        const check = (): void => {
          if (isSettled(progress())) finish();
        };
        const callOff = timers.after(timeoutMillis, finish);
        signal?.addEventListener('abort', finish);
        checks.add(check);
        if (signal?.aborted === true) finish();
        else check();
      }),
  };
}
