/** A map of what was asked for lately. */
export interface RecentMap<Value> {
  /** The value of a key, made where there is none; it is the latest then. */
  take(key: string): Value;
  get(key: string): Value | undefined;
}

/**
 * Keeps the latest keys: `size` of them at least, twice as many at most. They go in bulk: in a `Map` whose first key is
 * deleted with each that comes, finding the first one takes longer and longer.
 */
export function createRecentMap<Value>(size: number, make: () => Value): RecentMap<Value> {
  let latest = new Map<string, Value>();
  let before = new Map<string, Value>();
  return {
    take(key) {
      const known = latest.get(key);
      if (known !== undefined) return known;
      const value = before.get(key) ?? make();
      if (latest.size >= size) {
        before = latest;
        latest = new Map();
      }
      latest.set(key, value);
      return value;
    },
    get: (key) => latest.get(key) ?? before.get(key),
  };
}
