import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { contentDigest } from './content-digest.ts';

const text = fc.oneof(
  fc.constantFrom('', 'ok', 'x'.repeat(32), 'x'.repeat(33), `${'x'.repeat(33)}y`),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
);

test('texts have the same digest where they are the same, and only there', () => {
  fc.assert(
    fc.property(text, text, (left, right) => {
      expect(contentDigest(left) === contentDigest(right)).toBe(left === right);
    }),
  );
});

test('the order of members does not matter', () => {
  fc.assert(
    fc.property(fc.uniqueArray(text, { maxLength: 20 }), (keys) => {
      const recordOf = (names: readonly string[]): object =>
        Object.fromEntries(names.map((name) => [name, name]));
      expect(contentDigest(recordOf(keys))).toBe(contentDigest(recordOf(keys.toReversed())));
    }),
  );
});

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
