/** Work that is asked for often and done once for all that asked. */
export interface OnceATurn {
  readonly ask: () => void;
  /** Does it now if it is due. */
  readonly flush: () => void;
}

/**
 * Does the work once a turn of the event loop, however often it is asked for: a thousand processes acknowledge at once,
 * and what follows from all of them follows from the last.
 */
export function onceATurn(work: () => void): OnceATurn {
  let due: NodeJS.Immediate | undefined;
  const flush = (): void => {
    if (due === undefined) return;
    clearImmediate(due);
    due = undefined;
    work();
  };
  return {
    ask: () => {
      due ??= setImmediate(flush);
    },
    flush,
  };
}
