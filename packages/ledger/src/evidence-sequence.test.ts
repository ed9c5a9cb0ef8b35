import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { advance, classifyArrival, type EvidenceSequence } from './evidence-sequence.ts';

function receive(numbers: readonly number[]): EvidenceSequence | undefined {
  return numbers.reduce<EvidenceSequence | undefined>(advance, undefined);
}

test.each<[string, readonly number[], number, unknown]>([
  ['the first', [], 0, { kind: 'next' }],
  ['the second as the first', [], 1, { kind: 'gap', missing: { from: 0, to: 0 } }],
  ['the next', [0, 1], 2, { kind: 'next' }],
  ['one too far', [0, 1], 5, { kind: 'gap', missing: { from: 2, to: 4 } }],
  ['one that was missing', [0, 5], 3, { kind: 'late' }],
  ['one that came already', [0, 5, 3], 3, { kind: 'duplicate' }],
])('%s is told from the others', (_name, before, seq, arrival) => {
  expect(classifyArrival(receive(before), seq)).toEqual(arrival);
});

test('in whatever order numbers come, what is missing is what has not come', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { minLength: 1 }), (numbers) => {
      const sequence = receive(numbers);
      const last = Math.max(...numbers);
      const missing = new Set(
        sequence?.missing.flatMap(({ from, to }) =>
          Array.from({ length: to - from + 1 }, (_, n) => from + n),
        ),
      );
      const absent = Array.from({ length: last }, (_, n) => n).filter((n) => !numbers.includes(n));
      expect(sequence?.last).toBe(last);
      expect(missing).toEqual(new Set(absent));
    }),
  );
});
