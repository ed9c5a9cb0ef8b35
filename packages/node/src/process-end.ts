/** Signals that end a process and can be delayed. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/**
 * Calls `flush` at the end of the process and lets it end as it would have: an empty event loop keeps its exit code; a
 * signal that nobody else handles is raised again and ends the process by that signal; where the application handles it,
 * the application decides. `process.exit()` cannot be waited for: what was urgent has been sent by then.
 */
export function flushAtProcessEnd(flush: () => Promise<void>): void {
  let isFlushing = false;
  process.on('beforeExit', () => {
    // Fires again after the flush; nothing has happened since.
    if (isFlushing) return;
    isFlushing = true;
    void flush();
  });
  for (const signal of SIGNALS) flushOnSignal(signal, flush);
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
