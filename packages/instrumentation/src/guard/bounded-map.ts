/** A map that keeps what was set last, up to a size; what it lets go is told, once for each. */
export interface BoundedMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  readonly size: number;
}

/** `onDrop` is called for each entry that had to go. */
export function createBoundedMap<Value>(
  maxEntries: number,
  onDrop: (key: string, value: Value) => void,
): BoundedMap<Value> {
  const entries = new Map<string, Value>();
  let newest: string | undefined;
  return {
    get: (key) => entries.get(key),
    set: (key, value) => {
      // Most often it is the newest already, whose place stays.
      if (key !== newest) entries.delete(key);
      newest = key;
      entries.set(key, value);
      if (entries.size <= maxEntries) return;
      for (const [oldest, dropped] of entries) {
        entries.delete(oldest);
        onDrop(oldest, dropped);
        return;
      }
    },
    delete: (key) => void entries.delete(key),
    get size() {
      return entries.size;
    },
  };
}
