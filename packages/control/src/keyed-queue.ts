/** Runs tasks of one key one after the other; tasks of different keys do not wait for each other. */
export interface KeyedQueue {
  readonly run: <T>(key: string, task: () => Promise<T>) => Promise<T>;
  /** Resolves when everything that was asked for by now is done. */
  readonly idle: () => Promise<void>;
}

export function createKeyedQueue(): KeyedQueue {
  const tails = new Map<string, Promise<void>>();
  return {
    run: (key, task) => {
      const before = tails.get(key) ?? Promise.resolve();
      const result = before.then(task);
      const forget = (): void => {
        if (tails.get(key) === tail) tails.delete(key);
      };
      const tail: Promise<void> = result.then(forget, forget);
      tails.set(key, tail);
      return result;
    },
    idle: async () => {
      await Promise.all(tails.values());
    },
  };
}
