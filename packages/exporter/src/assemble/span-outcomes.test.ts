import type { ToolOutcome } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { NO_OUTCOME, OWN_OUTCOME, SpanOutcomes } from './span-outcomes.ts';

const outcome = (rule: string): ToolOutcome => ({ outcome: 'ok', certainty: 'likely', rule });

function put(outcomes: SpanOutcomes, row: number, what: ToolOutcome | undefined): number {
  const number = outcomes.numberOf(what);
  if (number === OWN_OUTCOME && what !== undefined) outcomes.keep(row, what);
  return number;
}

test('every row gives back its own outcome, however many there are', () => {
  const outcomes = new SpanOutcomes();
  const said = Array.from({ length: 2000 }, (_, row) =>
    row % 7 === 0
      ? undefined
      : row % 5 === 0
        ? { ...outcome(`r${row % 900}`), evidence: { pointer: `/${row}` } }
        : outcome(`r${row % 900}`),
  );
  const numbers = said.map((what, row) => put(outcomes, row, what));
  expect(numbers.map((number, row) => outcomes.of(row, number))).toEqual(said);
  expect(Math.max(...numbers)).toBe(OWN_OUTCOME);
  expect(numbers[7]).toBe(NO_OUTCOME);
});

test('what is alike is kept once, the order of its fields included', () => {
  const outcomes = new SpanOutcomes();
  const first = put(outcomes, 1, outcome('a'));
  expect(put(outcomes, 2, outcome('a'))).toBe(first);
  const turned: ToolOutcome = { rule: 'a', certainty: 'likely', outcome: 'ok' };
  const other = put(outcomes, 3, turned);
  expect(Object.keys(outcomes.of(3, other) ?? {})).toEqual(['rule', 'certainty', 'outcome']);
});
