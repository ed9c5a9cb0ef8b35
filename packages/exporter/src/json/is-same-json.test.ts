import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { isSameJson } from './is-same-json.ts';
import { stableText } from './lossless-json.ts';

test('two values are the same where their stable texts are', () => {
  // Few different values, so that equal ones are drawn often.
  const leaf = fc.constantFrom<unknown>(null, true, 0, 1, 2n ** 63n, '', 'a', 'ü');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('value'), { maxKeys: 2 }),
    ),
  }));
  fc.assert(
    fc.property(value, value, (left, right) => {
      expect(isSameJson(left, right)).toBe(stableText(left) === stableText(right));
      expect(isSameJson(left, structuredClone(left))).toBe(true);
    }),
  );
});

test('the order of keys does not matter, that of items does', () => {
  expect(isSameJson({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
  expect(isSameJson([1, 2], [2, 1])).toBe(false);
});

test('what is absent is null, and nothing else', () => {
  expect(isSameJson(undefined, null)).toBe(true);
  expect(isSameJson(undefined, '')).toBe(false);
  expect(isSameJson({ a: null }, {})).toBe(false);
});

test('values that are nested too deep to be gone through count as equal', () => {
  const nested = (depth: number, end: unknown): unknown =>
    depth === 0 ? end : [nested(depth - 1, end)];
  expect(isSameJson(nested(90, 1), nested(90, 2))).toBe(false);
  expect(isSameJson(nested(5000, 1), nested(5000, 2))).toBe(true);
});

test('the stable text of a value is the same however many keys it has, in whatever order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 40 }), (keys) => {
      const recordOf = (names: readonly string[]): object =>
        Object.fromEntries(names.map((name) => [name, name]));
      expect(stableText(recordOf(keys.toReversed()))).toBe(stableText(recordOf(keys)));
    }),
  );
});
