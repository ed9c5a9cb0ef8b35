import type { ToolOutcome } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { NO_OUTCOME, OWN_OUTCOME, SpanOutcomes } from './span-outcomes.ts';

const outcome = (rule: string): ToolOutcome => ({ outcome: 'ok', certainty: 'likely', rule });

function put(outcomes: SpanOutcomes, row: number, what: ToolOutcome | undefined): number {
  const number = outcomes.take(what);
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

const pointing = (pointer: string): ToolOutcome => ({ ...outcome('a'), evidence: { pointer } });

test('what points to the same place is kept once', () => {
  const outcomes = new SpanOutcomes();
  const first = put(outcomes, 1, pointing('/ok'));
  expect(first).not.toBe(OWN_OUTCOME);
  expect(put(outcomes, 2, pointing('/ok'))).toBe(first);
  expect(outcomes.of(2, first)).toBe(outcomes.of(1, first));
});

test('a number is free again when no row has it, and not before', () => {
  const outcomes = new SpanOutcomes();
  const numbers = Array.from({ length: 600 }, (_, row) => put(outcomes, row, pointing(`/${row}`)));
  expect(numbers.filter((number) => number === OWN_OUTCOME)).toHaveLength(90);
  const [shared = 0] = numbers;
  expect(put(outcomes, 1000, pointing('/0'))).toBe(shared);
  outcomes.drop(0, shared);
  expect(put(outcomes, 1001, outcome('new'))).toBe(OWN_OUTCOME);
  expect(outcomes.of(1000, shared)).toEqual(pointing('/0'));
  outcomes.drop(1000, shared);
  expect(put(outcomes, 1002, outcome('newer'))).toBe(shared);
  expect(outcomes.of(1002, shared)).toEqual(outcome('newer'));
  const others = numbers.map((number, row) => outcomes.of(row, number)).slice(1);
  expect(others).toEqual(numbers.map((_, row) => pointing(`/${row}`)).slice(1));
});
