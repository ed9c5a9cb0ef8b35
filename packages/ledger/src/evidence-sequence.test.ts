import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import {
  createEvidenceSequence,
  mergeEvidence,
  type EvidenceSequence,
} from './evidence-sequence.ts';

function receive(numbers: readonly number[]): EvidenceSequence {
  const sequence = createEvidenceSequence();
  for (const seq of numbers) sequence.take(seq);
  return sequence;
}

function missingIn(sequence: EvidenceSequence): readonly number[] {
  return sequence
    .missing()
    .flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, n) => from + n));
}

test.each<[string, readonly number[], number, unknown]>([
  ['the first', [], 0, { kind: 'next' }],
  ['the second as the first', [], 1, { kind: 'gap', missing: { from: 0, to: 0 } }],
  ['the next', [0, 1], 2, { kind: 'next' }],
  ['one too far', [0, 1], 5, { kind: 'gap', missing: { from: 2, to: 4 } }],
  ['one that was missing', [0, 5], 3, { kind: 'late' }],
  ['one that came already', [0, 5, 3], 3, { kind: 'duplicate' }],
])('%s is told from the others', (_name, before, seq, arrival) => {
  const sequence = receive(before);
  expect(sequence.classify(seq)).toEqual(arrival);
  expect(sequence.take(seq)).toEqual(arrival);
});

test('in whatever order numbers come, what is missing is what has not come', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { minLength: 1 }), (numbers) => {
      const sequence = receive(numbers);
      const last = Math.max(...numbers);
      const absent = Array.from({ length: last }, (_, n) => n).filter((n) => !numbers.includes(n));
      expect(sequence.last).toBe(last);
      expect(missingIn(sequence)).toEqual(absent);
    }),
  );
});

/** The same order of numbers each time, far from sorted. */
function shuffled(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((a, b) => ((a * 7919) % 10_007) - ((b * 7919) % 10_007) || a - b);
}

test('thousands of gaps are kept, and each is filled once by what comes late', () => {
  const every = Array.from({ length: 30_000 }, (_, n) => n);
  const sequence = receive(every.filter((n) => n % 3 === 0));
  expect(sequence.missing()).toHaveLength(9_999);
  const late = shuffled(every.filter((n) => n % 3 === 1 && n < 29_998));
  expect(late.map((n) => sequence.take(n).kind)).toEqual(late.map(() => 'late'));
  expect(late.map((n) => sequence.take(n).kind)).toEqual(late.map(() => 'duplicate'));
  expect(missingIn(sequence)).toEqual(every.filter((n) => n % 3 === 2 && n < 29_997));
});

test('one wide gap that is filled at many places is still right', () => {
  const sequence = receive([20_000]);
  const filled = shuffled(Array.from({ length: 9_999 }, (_, n) => n * 2 + 1));
  for (const seq of filled) expect(sequence.take(seq)).toEqual({ kind: 'late' });
  expect(missingIn(sequence)).toEqual(
    Array.from({ length: 10_000 }, (_, n) => n * 2).concat(19_999),
  );
});

test('two accounts of what has come are put together', () => {
  const numbers = fc.array(fc.nat(40));
  fc.assert(
    fc.property(numbers, numbers, (one, other) => {
      const merged = mergeEvidence(receive(one), receive(other));
      const both = receive([...one, ...other]);
      expect([merged.last, merged.missing()]).toEqual([both.last, both.missing()]);
    }),
  );
});
