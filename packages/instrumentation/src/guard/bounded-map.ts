/** A map that keeps what was set last, up to a size; what it lets go is told, once for each. */
export interface BoundedMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  readonly size: number;
}

/** `onDrop` is called for each entry that had to go. */
export function createBoundedMap<Value>(maxEntries: number, onDrop: () => void): BoundedMap<Value> {
  const entries = new Map<string, Value>();
  return {
    get: (key) => entries.get(key),
    set: (key, value) => {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size <= maxEntries) return;
      const oldest = entries.keys().next();
      if (oldest.done !== true) entries.delete(oldest.value);
      onDrop();
    },
    get size() {
      return entries.size;
    },
  };
}
