import type { ReversibilityClass } from '@aftertrace/schema';

const RANK: Readonly<Record<ReversibilityClass, number>> = Object.freeze({
  read_only: 0,
  reversible: 1,
  externally_reversible: 2,
  irreversible: 3,
});

/** The graver of two classes; what is not known does not count. */
export function highestClass(
  a: ReversibilityClass | undefined,
  b: ReversibilityClass | undefined,
): ReversibilityClass | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return RANK[a] >= RANK[b] ? a : b;
}

/** Is it at least as grave? A call of which nothing is known is taken as irreversible. */
export function isAtLeast(
  actual: ReversibilityClass | undefined,
  least: ReversibilityClass,
): boolean {
  return RANK[actual ?? 'irreversible'] >= RANK[least];
}
