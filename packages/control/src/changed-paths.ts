import { formatPointer } from '@aftertrace/policy';

/** At most this many paths are named. */
const MAX_PATHS = 100;

/** JSON pointers of what differs between two JSON values: the deepest places where that can be said. */
export function changedPaths(before: unknown, after: unknown): readonly string[] {
  const paths: string[] = [];
  collect({ before, after, path: [] }, paths);
  return paths;
}

interface Pair {
  readonly before: unknown;
  readonly after: unknown;
  readonly path: readonly string[];
}

function collect({ before, after, path }: Pair, paths: string[]): void {
  if (paths.length >= MAX_PATHS || Object.is(before, after)) return;
  if (
    !isContainer(before) ||
    !isContainer(after) ||
    Array.isArray(before) !== Array.isArray(after)
  ) {
    paths.push(formatPointer(path));
    return;
  }
  const left = new Map(Object.entries(before));
  const right = new Map(Object.entries(after));
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    collect({ before: left.get(key), after: right.get(key), path: [...path, key] }, paths);
  }
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
