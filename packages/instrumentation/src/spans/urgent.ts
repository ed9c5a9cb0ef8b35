const LISTENERS_KEY = Symbol.for('aftertrace.urgent.v1');

/** Shared by all copies of this package in the process. */
function listeners(): Set<() => void> {
  const globals = globalThis as { [LISTENERS_KEY]?: Set<() => void> };
  globals[LISTENERS_KEY] ??= new Set();
  return globals[LISTENERS_KEY];
}

/**
 * Calls `listener` each time something happened that should not wait for a batch: a failed or refused tool call, a recorded
 * decision, an override, a failed run. The event has been emitted by then. Returns a function that stops it.
 */
export function onUrgentEvent(listener: () => void): () => void {
  listeners().add(listener);
  return () => {
    listeners().delete(listener);
  };
}

/** Tells all listeners; what they throw is theirs. */
export function tellUrgent(): void {
  for (const listener of listeners()) {
    try {
      listener();
    } catch {
      // A listener is another's code; the agent's call goes on.
    }
  }
}
