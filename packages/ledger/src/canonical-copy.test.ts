import { canonicalJson } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { canonicalCopy } from './canonical-copy.ts';

/** Everything that a program may hand over, odd names and objects included. */
const anything = fc.anything({
  key: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '10',
      '9',
      '1a',
      '__proto__',
      'toJSON',
      'constructor',
      'é',
      '\u{1F600}',
      '\uFB33',
    ),
  ),
  withDate: true,
  withNullPrototype: true,
  withBoxedValues: true,
  withSparseArray: true,
  maxDepth: 4,
});

function outcome<T>(work: () => T): T | string {
  try {
    return work();
  } catch {
    return 'refused';
  }
}

test('the text is that of the canonical form, whatever is given', () => {
  fc.assert(
    fc.property(anything, (value) => {
      expect(outcome(() => canonicalCopy(value).text)).toBe(outcome(() => canonicalJson(value)));
    }),
    { numRuns: 3000 },
  );
});

test('the copy is what reading the text gives', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' }), (value) => {
      const { copy, text } = canonicalCopy(value);
      expect(copy).toStrictEqual(JSON.parse(text));
    }),
    { numRuns: 1000 },
  );
});

test('the copy does not change with what was copied', () => {
  const value = { list: [{ n: 1 }] };
  const { copy } = canonicalCopy(value);
  value.list[0]!.n = 2;
  expect(copy).toEqual({ list: [{ n: 1 }] });
});

test('circles are refused, and what is very deep is not', () => {
  const circle: Record<string, unknown> = {};
  circle['again'] = circle;
  expect(() => canonicalCopy(circle)).toThrow(/[Cc]ircular/);
  let deep: unknown = 1;
  for (let level = 0; level < 1000; level += 1) deep = { deep };
  expect(canonicalCopy(deep).text).toBe(canonicalJson(deep));
});
