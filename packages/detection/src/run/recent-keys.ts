/** The keys that were seen last, each once. */
export interface RecentKeys {
  /** Was it among them? From now on it is the newest. */
  see(key: string): boolean;
}

interface Entry {
  key: string;
  older: Entry;
  newer: Entry;
}

/**
 * Keeps at most `limit` keys; the one that was not seen for longest goes. A ring of entries and not the order of a `Set`: going
 * to the oldest of that means going over all that were deleted.
 */
export function createRecentKeys(limit: number): RecentKeys {
  const entries = new Map<string, Entry>();
  /** Stands between the newest, which is older than it, and the oldest, which is newer. */
  const ring = alone('');
  return {
    see: (key) => {
      const known = entries.get(key);
      if (known !== undefined) {
        toFront(ring, known);
        return true;
      }
      const entry = entries.size < limit ? alone(key) : ring.newer;
      if (entry.key !== key) {
        entries.delete(entry.key);
        entry.key = key;
      }
      entries.set(key, entry);
      toFront(ring, entry);
      return false;
    },
  };
}

function alone(key: string): Entry {
  const entry = { key } as Entry;
  entry.older = entry;
  entry.newer = entry;
  return entry;
}

function toFront(ring: Entry, entry: Entry): void {
  entry.older.newer = entry.newer;
  entry.newer.older = entry.older;
  entry.older = ring.older;
  entry.newer = ring;
  ring.older.newer = entry;
  ring.older = entry;
}
