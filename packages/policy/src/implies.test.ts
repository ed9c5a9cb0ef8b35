import type { ValuePredicate } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { implies } from './implies.ts';
import { compilePredicate } from './predicate.ts';

const number = fc.integer({ min: 0, max: 3 });
const scalar = fc.oneof(number, fc.constantFrom('2', 'x', null));
const text = fc.constantFrom('x', 'y');
const TESTS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  exists: fc.boolean(),
  above: number,
  below: number,
  atLeast: number,
  atMost: number,
  equals: scalar,
  in: fc.array(scalar, { minLength: 1, maxLength: 3 }),
  type: fc.constantFrom('string', 'number', 'integer', 'null', 'array'),
  contains: fc.array(text, { minLength: 1, maxLength: 2 }),
  pattern: text,
};
const one = fc
  .constantFrom(...Object.keys(TESTS))
  .chain((name) => (TESTS[name] ?? fc.constant(undefined)).map((value) => ({ [name]: value })));
const predicate = fc
  .array(one, { minLength: 1, maxLength: 2 })
  .map((tests) => Object.assign({ pointer: '/v' }, ...tests) as ValuePredicate);
const value = fc.oneof(
  number,
  fc.constantFrom<unknown>(1.5, '2', '2.5', 'x', 'xy', 'z', null, ['x'], [3], undefined),
);

function holds(test: ValuePredicate, v: unknown): boolean | 'no answer' {
  try {
    return compilePredicate(test)(v === undefined ? {} : { v });
  } catch {
    return 'no answer';
  }
}

it('what is implied holds wherever what it follows from does', () => {
  let implied = 0;
  fc.assert(
    fc.property(
      fc.array(predicate, { minLength: 1, maxLength: 2 }),
      predicate,
      fc.array(value, { minLength: 6, maxLength: 12 }),
      (known, wanted, values) => {
        if (!implies(known, wanted)) return;
        implied += 1;
        const fulfilling = values.filter((v) => known.every((test) => holds(test, v) === true));
        expect(fulfilling.filter((v) => holds(wanted, v) !== true)).toEqual([]);
      },
    ),
    { numRuns: 20_000, seed: 7 },
  );
  expect(implied).toBeGreaterThan(500);
});

it.each<[object, object, boolean]>([
  [{ above: 200 }, { above: 100 }, true],
  [{ above: 100 }, { above: 100 }, true],
  [{ atLeast: 100 }, { above: 100 }, false],
  [{ atLeast: 101 }, { above: 100 }, true],
  [{ below: 5 }, { atMost: 5 }, true],
  [{ atMost: 5 }, { below: 5 }, false],
  [{ in: ['a', 'b'] }, { in: ['b', 'a', 'c'] }, true],
  [{ in: ['a', 'b'] }, { equals: 'a' }, false],
  [{ type: 'integer' }, { type: 'number' }, true],
  [{ contains: ['rm'] }, { contains: ['rm', 'dd'] }, true],
  [{ equals: 5 }, { exists: true }, true],
  [{ exists: false }, { exists: false }, true],
  [{ above: 1 }, { above: 1, pattern: 'x' }, false],
])('from %o follows %o: %s', (known, wanted, is) => {
  expect(implies([{ pointer: '/v', ...known }], { pointer: '/v', ...wanted })).toBe(is);
  expect(implies([{ pointer: '/v', ...known }], { pointer: '/w', ...wanted })).toBe(false);
});
