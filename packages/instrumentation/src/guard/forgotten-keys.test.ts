import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { createForgottenKeys } from './forgotten-keys.ts';

const seeds = [1, 2] as const;

test('each of the last keys is known, whatever they are', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 60 }), (keys) => {
      const forgotten = createForgottenKeys({ capacity: 20, seeds });
      for (const key of keys) forgotten.add(key);
      expect(keys.slice(-20).every((key) => forgotten.mayHave(key))).toBe(true);
    }),
  );
});

test('few others are taken for one of them', () => {
  const forgotten = createForgottenKeys({ capacity: 10_000, seeds });
  expect(forgotten.mayHave('c-1')).toBe(false);
  for (let index = 0; index < 20_000; index += 1) forgotten.add(`c-${index}`);
  const others = Array.from({ length: 10_000 }, (_, index) => `d-${index}`);
  const wrong = others.filter((key) => forgotten.mayHave(key)).length;
  expect(wrong).toBeGreaterThan(0);
  expect(wrong).toBeLessThan(100);
});

test('those from long ago are let go, so that not everything is forgotten in the end', () => {
  const forgotten = createForgottenKeys({ capacity: 1_000, seeds });
  for (let index = 0; index < 100_000; index += 1) forgotten.add(`c-${index}`);
  const early = Array.from({ length: 1_000 }, (_, index) => `c-${index}`);
  expect(early.filter((key) => forgotten.mayHave(key)).length).toBeLessThan(50);
});
