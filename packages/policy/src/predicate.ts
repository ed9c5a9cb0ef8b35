import type { Scalar, ValuePredicate } from '@aftertrace/schema';

import type { ValueTest } from './compiled-policy.ts';
import { assertParsed } from './json-view.ts';
import { compilePattern } from './pattern.ts';
import { parsePointer, valueAt } from './pointer.ts';

/** How many elements of a list `contains` and `pattern` look at; what is beyond is not known, and the rule follows its `onError`. */
const MAX_ELEMENTS = 1_000;

/**
 * Compiles a predicate. All of its tests must hold; a value that is missing fulfils `exists: false` only.
 *
 * Comparisons also take text that is a number as a whole, and `contains` and `pattern` also take a list of texts: a model
 * that writes `"900"` for `900`, or one address as a list, must not get around a rule. What is there and is no number cannot
 * be compared, and the test throws: nobody knows what a tool makes of `[900]` or `"900 EUR"`. A `type` beside it says what
 * else is meant.
 */
export function compilePredicate(predicate: ValuePredicate): ValueTest {
  const tokens = parsePointer(predicate.pointer) ?? [];
  const [first, ...rest] = valueTests(predicate);
  const wanted = predicate.exists;
  if (first === undefined) return (root) => (looked(root, tokens) !== undefined) === wanted;
  // What is not there fulfils no test of a value.
  if (wanted === false) return () => false;
  if (rest.length === 0) {
    return (root) => {
      const value = looked(root, tokens);
      return value !== undefined && first(value);
    };
  }
  return (root) => {
    const value = looked(root, tokens);
    return value !== undefined && first(value) && rest.every((test) => test(value));
  };
}

function looked(root: unknown, tokens: readonly string[]): unknown {
  if (tokens.length > 0) assertParsed(root);
  return valueAt(root, tokens);
}

function valueTests(predicate: ValuePredicate): readonly ValueTest[] {
  const { equals, above, below, atLeast, atMost, type, pattern } = predicate;
  const tests: ValueTest[] = [];
  if (equals !== undefined) tests.push((value) => value === equals);
  if (predicate.in !== undefined) {
    const options = new Set<unknown>(predicate.in satisfies readonly Scalar[]);
    tests.push((value) => options.has(value));
  }
  // Before what would throw.
  if (type !== undefined) tests.push((value) => isOfType(value, type));
  if (above !== undefined) tests.push((value) => comparable(value) > above);
  if (below !== undefined) tests.push((value) => comparable(value) < below);
  if (atLeast !== undefined) tests.push((value) => comparable(value) >= atLeast);
  if (atMost !== undefined) tests.push((value) => comparable(value) <= atMost);
  if (pattern !== undefined) {
    const isFound = compilePattern(pattern);
    tests.push(anyText(isFound));
  }
  if (predicate.contains !== undefined) tests.push(containsTest(predicate.contains));
  return tests;
}

function containsTest(needles: readonly string[]): ValueTest {
  const lowered = needles.map((needle) => needle.toLowerCase());
  return anyText((text) => {
    const lower = text.toLowerCase();
    return lowered.some((needle) => lower.includes(needle));
  });
}

/** Holds for a text, or for a list of which one is a text that it holds for. */
function anyText(test: (text: string) => boolean): ValueTest {
  const holds = (value: unknown): boolean => typeof value === 'string' && test(value);
  return (value) => {
    if (!Array.isArray(value)) return holds(value);
    if (value.slice(0, MAX_ELEMENTS).some(holds)) return true;
    if (value.length <= MAX_ELEMENTS) return false;
    throw new RangeError(`the list has ${value.length} values; ${MAX_ELEMENTS} are looked at`);
  };
}

function isOfType(value: unknown, type: NonNullable<ValuePredicate['type']>): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return typeof value === 'bigint' || Number.isInteger(value);
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'string':
    case 'boolean':
      return typeof value === type;
  }
}

/** @throws TypeError where the value is no number, nor text that is one. */
function comparable(value: unknown): number {
  const number = numberOf(value);
  if (Number.isNaN(number)) throw new TypeError('what is compared is no number');
  return number;
}

/** NaN, which no comparison holds for, where the value is not a number. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || value.trim() === '') return Number.NaN;
  return Number(value);
}
