import type { Scalar, ValuePredicate } from '@aftertrace/schema';

import type { ValueTest } from './compiled-policy.ts';
import { lookUp, parsePointer } from './pointer.ts';

/** How many elements of a list `contains` looks at. */
const MAX_ELEMENTS = 1_000;

/**
 * Compiles a predicate. All of its tests must hold; a value that is missing fulfils `exists: false` only.
 *
 * `above` and `below` also take text that is a number as a whole, and `contains` also takes a list of texts: a model
 * that writes `"900"` for `900`, or one address as a list, must not get around a rule.
 */
export function compilePredicate(predicate: ValuePredicate): ValueTest {
  const tokens = parsePointer(predicate.pointer) ?? [];
  const tests = valueTests(predicate);
  return (root) => {
    const found = lookUp(root, tokens);
    const exists = found.found && found.value !== undefined;
    if (predicate.exists !== undefined && exists !== predicate.exists) return false;
    if (tests.length === 0) return true;
    if (!found.found || !exists) return false;
    return tests.every((test) => test(found.value));
  };
}

function valueTests(predicate: ValuePredicate): readonly ValueTest[] {
  const { equals, above, below } = predicate;
  const tests: ValueTest[] = [];
  if (equals !== undefined) tests.push((value) => value === equals);
  if (predicate.in !== undefined) {
    const options = new Set<unknown>(predicate.in satisfies readonly Scalar[]);
    tests.push((value) => options.has(value));
  }
  if (above !== undefined) tests.push((value) => numberOf(value) > above);
  if (below !== undefined) tests.push((value) => numberOf(value) < below);
  if (predicate.contains !== undefined) tests.push(containsTest(predicate.contains));
  return tests;
}

function containsTest(needles: readonly string[]): ValueTest {
  const lowered = needles.map((needle) => needle.toLowerCase());
  const holds = (value: unknown): boolean => {
    if (typeof value !== 'string') return false;
    const text = value.toLowerCase();
    return lowered.some((needle) => text.includes(needle));
  };
  return (value) =>
    Array.isArray(value) ? value.slice(0, MAX_ELEMENTS).some(holds) : holds(value);
}

/** NaN, which no comparison holds for, where the value is not a number. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || value.trim() === '' || value.length > 64) return Number.NaN;
  return Number(value);
}
