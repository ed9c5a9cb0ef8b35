/** Sends telemetry at once when something urgent happened, and no more often than needed. */
export interface FlushScheduler {
  /** Something happened that should not wait; several within the delay make one flush. */
  request(): void;
  /** Flushes now; resolves when done or when `deadlineMillis` have passed, whichever is first. Never rejects. */
  flushWithin(deadlineMillis: number): Promise<void>;
}

/** What the scheduler works with. */
export interface FlushSchedulerOptions {
  readonly flush: () => Promise<void>;
  /** How long to wait for more: the span of a failed call ends just after its event. */
  readonly delayMillis: number;
}

/** Timers do not keep the process alive; at its end `flushWithin` takes over. */
export function createFlushScheduler({
  flush,
  delayMillis,
}: FlushSchedulerOptions): FlushScheduler {
  let timer: NodeJS.Timeout | undefined;
  const run = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    try {
      await flush();
    } catch {
      // Nobody to tell: the exporter has told the diagnostic logger.
    }
  };
  return {
    request: () => {
      timer ??= setTimeout(() => void run(), delayMillis).unref();
    },
    flushWithin: async (deadlineMillis) => {
      const deadline = Promise.withResolvers<void>();
      const limit = setTimeout(deadline.resolve, deadlineMillis);
      await Promise.race([run(), deadline.promise]);
      clearTimeout(limit);
    },
  };
}
