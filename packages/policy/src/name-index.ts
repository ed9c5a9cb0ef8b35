/**
 * Finds what is registered for a name in time that does not grow with the number of entries: exact names by map,
 * prefixes by one map lookup for each distinct prefix length.
 */
export interface NameIndex<T> {
  readonly exact: ReadonlyMap<string, readonly T[]>;
  readonly prefixes: ReadonlyMap<string, readonly T[]>;
  /** Distinct prefix lengths, ascending. */
  readonly prefixLengths: readonly number[];
  /** Entries for every name. */
  readonly any: readonly T[];
}

/** An entry and its patterns; `undefined`: any name. */
export interface NamedEntry<T> {
  readonly patterns: readonly string[] | undefined;
  readonly entry: T;
}

/** Builds an index in which an entry is found at most once for a name, however its patterns overlap. */
export function buildNameIndex<T>(entries: Iterable<NamedEntry<T>>): NameIndex<T> {
  const exact = new Map<string, T[]>();
  const prefixes = new Map<string, T[]>();
  const any: T[] = [];
  for (const { patterns, entry } of entries) {
    const kept = patterns === undefined ? ['*'] : withoutCovered(patterns);
    for (const pattern of kept) {
      if (pattern === '*') any.push(entry);
      else if (pattern.endsWith('*')) append(prefixes, pattern.slice(0, -1), entry);
      else append(exact, pattern, entry);
    }
  }
  const prefixLengths = [...new Set([...prefixes.keys()].map((prefix) => prefix.length))];
  return { exact, prefixes, prefixLengths: prefixLengths.sort((a, b) => a - b), any };
}

/** Adds the entries of a name to `before`. A list is made only where entries come from two places. */
export function entriesOf<T>(
  index: NameIndex<T>,
  name: string,
  before: readonly T[] | undefined,
): readonly T[] | undefined {
  let found = before;
  if (index.any.length > 0) found = added(found, index.any);
  const exact = index.exact.get(name);
  if (exact !== undefined) found = added(found, exact);
  for (const length of index.prefixLengths) {
    if (length > name.length) break;
    const entries = index.prefixes.get(name.slice(0, length));
    if (entries !== undefined) found = added(found, entries);
  }
  return found;
}

function added<T>(found: readonly T[] | undefined, entries: readonly T[]): readonly T[] {
  return found === undefined ? entries : [...found, ...entries];
}

/** A test for names by the same patterns; `undefined`: any name. */
export function nameTest(patterns: readonly string[] | undefined): (name: string) => boolean {
  if (patterns === undefined) return anyName;
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const prefixes = patterns
    .filter((pattern) => pattern.endsWith('*'))
    .map((pattern) => pattern.slice(0, -1));
  return (name) => exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}

const anyName = (): boolean => true;

function withoutCovered(patterns: readonly string[]): readonly string[] {
  const distinct = [...new Set(patterns)];
  return distinct.filter(
    (pattern) =>
      !distinct.some(
        (other) =>
          other !== pattern && other.endsWith('*') && pattern.startsWith(other.slice(0, -1)),
      ),
  );
}

function append<T>(map: Map<string, T[]>, key: string, entry: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [entry]);
  else list.push(entry);
}
