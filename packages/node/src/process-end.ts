/** Signals that end a process and can be delayed. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/**
 * Calls `flush` at the end of the process and lets it end as it would have: an empty event loop keeps its exit code; an
 * error that nobody caught, and a signal that nobody else handles, are raised again and end the process as they do;
 * where the application handles them, the application decides. `process.exit()` cannot be waited for: what was urgent
 * has been sent by then. `flush` must keep its deadline and not reject.
 */
export function flushAtProcessEnd(flush: () => Promise<void>): void {
  let isFlushed = false;
  process.on('beforeExit', () => {
    // Fires again after the flush; nothing has happened since.
    if (isFlushed) return;
    isFlushed = true;
    void flush();
  });
  for (const signal of SIGNALS) flushOnSignal(signal, flush);
  flushOnError(flush);
}

function flushOnSignal(signal: NodeJS.Signals, flush: () => Promise<void>): void {
  const onSignal = (): void => {
    const isOnlyListener = process.listenerCount(signal) === 1;
    void flush().finally(() => {
      if (!isOnlyListener) return;
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    });
  };
  process.on(signal, onSignal);
}

/** The run that brought the process down is the one that must not be lost. */
function flushOnError(flush: () => Promise<void>): void {
  const onError = (error: Error, origin: NodeJS.UncaughtExceptionOrigin): void => {
    const isOnlyListener = process.listenerCount('uncaughtException') === 1;
    const end = (): void => {
      if (!isOnlyListener) return;
      process.off('uncaughtException', onError);
      raiseAgain(error, origin);
    };
    // oxlint-disable-next-line promise/no-promise-in-callback -- not a callback with an error first
    void flush().then(end, end);
  };
  process.on('uncaughtException', onError);
}

/** In the way in which it came, so that Node reports it as it would have. */
function raiseAgain(error: Error, origin: NodeJS.UncaughtExceptionOrigin): void {
  // oxlint-disable-next-line promise/no-promise-in-callback -- a rejection is what is wanted
  if (origin === 'unhandledRejection') void Promise.reject(error);
  else {
    setImmediate(() => {
      throw error;
    });
  }
}
