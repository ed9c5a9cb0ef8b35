import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { containsText } from './contains-text.ts';

const letters = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('a', 'b'), maxLength });

it('finds what the platform finds, short and long', () => {
  fc.assert(
    fc.property(letters(20), letters(20), letters(4), fc.nat(80), (head, tail, unit, times) => {
      const wanted = head + unit.repeat(times) + tail;
      for (const text of [`${tail}${wanted}${head}`, wanted + wanted, unit.repeat(200) + head]) {
        for (const part of [wanted, wanted.slice(1), `${wanted}b`, `a${wanted}`])
          expect(containsText(text, part)).toBe(text.includes(part));
      }
    }),
  );
});

it('comes to an end where the platform would look for minutes', () => {
  const half = 'a'.repeat(1_000_000);
  expect(containsText(half.repeat(4), `${half}b${half}`)).toBe(false);
  expect(containsText(`${half}b${half}`, `a${'a'.repeat(500)}b${'a'.repeat(500)}`)).toBe(true);
});
