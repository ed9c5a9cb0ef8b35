import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { contentDigest } from './content-digest.ts';

const text = fc.oneof(
  fc.constantFrom('', 'ok', 'x'.repeat(32), 'x'.repeat(33), `${'x'.repeat(33)}y`),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
);
const value = fc.oneof(
  text,
  fc.dictionary(fc.constantFrom('a', 'b', 'c'), text, { maxKeys: 3 }),
  fc.array(text, { maxLength: 3 }),
);

test('a digest is the same for the same value, and another for another', () => {
  fc.assert(
    fc.property(value, value, (left, right) => {
      const isSame = JSON.stringify(left) === JSON.stringify(right);
      expect(contentDigest(structuredClone(left))).toBe(contentDigest(left));
      if (typeof left === typeof right && !isSame && isOrdered(left) && isOrdered(right))
        expect(contentDigest(left)).not.toBe(contentDigest(right));
    }),
  );
});

/** Objects with the same members in another order are the same. */
function isOrdered(given: unknown): boolean {
  return typeof given !== 'object' || given === null || Array.isArray(given);
}

test('what is not known has none', () => {
  expect(contentDigest(undefined)).toBeUndefined();
});

test('a digest does not keep in memory what it is of', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  const digests = Array.from({ length: 100 }, (_, index) =>
    contentDigest(Buffer.alloc(100_000, `result ${index} `).toString()),
  );
  expect(heap() - before).toBeLessThan(3_000_000);
  expect(new Set(digests).size).toBe(100);
});
