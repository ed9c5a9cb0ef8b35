import type { ValuePredicate } from '@aftertrace/schema';

/**
 * Do tests that hold make another one hold, whatever the value is? A yes is so; a no may only mean that it is not seen.
 *
 * @param known All of them hold.
 */
export function implies(known: readonly ValuePredicate[], wanted: ValuePredicate): boolean {
  const { pointer, ...tests } = wanted;
  const there = known.filter((one) => one.pointer === pointer);
  if (tests.exists === false) {
    const isAlone = Object.values(tests).filter((test) => test !== undefined).length === 1;
    return isAlone && there.some(({ exists }) => exists === false);
  }
  // What looks at a value holds for none that is missing.
  if (!there.some(({ exists }) => exists !== false)) return false;
  return Object.entries(tests).every(
    ([name, value]) => value === undefined || isImplied(there, name as TestName, tests),
  );
}

type Tests = Omit<ValuePredicate, 'pointer'>;
type TestName = keyof Tests;

function isImplied(
  there: readonly ValuePredicate[],
  name: TestName,
  { equals, in: list = [], above = 0, below = 0, atLeast = 0, atMost = 0, ...tests }: Tests,
): boolean {
  switch (name) {
    case 'exists':
      return true;
    case 'equals':
      return everyValue(there, (value) => value === equals);
    case 'in':
      return everyValue(there, (value) => list.includes(value));
    case 'above':
      return there.some((one) => low(one.above) >= above || low(one.atLeast) > above);
    case 'atLeast':
      return there.some((one) => low(one.atLeast) >= atLeast || low(one.above) >= atLeast);
    case 'below':
      return there.some((one) => high(one.below) <= below || high(one.atMost) < below);
    case 'atMost':
      return there.some((one) => high(one.atMost) <= atMost || high(one.below) <= atMost);
    case 'type':
      return there.some(({ type }) => type === tests.type || isWhole(type, tests.type));
    case 'pattern':
      return there.some(({ pattern }) => pattern === tests.pattern);
    case 'contains':
      return there.some(({ contains }) =>
        contains?.every((text) => tests.contains?.includes(text) === true),
      );
  }
}

const low = (bound: number | undefined): number => bound ?? Number.NEGATIVE_INFINITY;
const high = (bound: number | undefined): number => bound ?? Number.POSITIVE_INFINITY;

function isWhole(type: Tests['type'], wanted: Tests['type']): boolean {
  return type === 'integer' && wanted === 'number';
}

/** Of those that `equals` and `in` leave; false where neither stands. */
function everyValue(
  there: readonly ValuePredicate[],
  test: (value: NonNullable<Tests['equals']> | null) => boolean,
): boolean {
  return there.some(({ equals, in: list }) =>
    equals === undefined ? list?.every(test) === true : test(equals),
  );
}
