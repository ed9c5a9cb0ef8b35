import { LedgerEntry } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { isPlainEntry } from './plain-entry.ts';
import { GENESIS_HASH } from './seal-entry.ts';
import { input } from './testing/inputs.ts';

const { actor, at, data, type } = input(1);
const entry = { actor, at, data, hash: GENESIS_HASH, prevHash: GENESIS_HASH, seq: 0, type };

const oddValues = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.constantFrom<unknown>(
    '',
    '2026-02-30T10:00:00.000Z',
    '2026-11-22T10:00:00Z',
    '+002026-11-22T10:00:00.00Z',
    '-00001-11-22T10:00:00.00Z',
    -1,
    1.5,
    2 ** 60,
    'A'.repeat(64),
    { kind: 'human', id: 'x', assurance: 'token' },
    { kind: 'human', id: 'x', assurance: 'token', more: 1 },
    { kind: 'human', id: 'x', assurance: 'token', name: 1 },
    { kind: 'human', id: 'x', assurance: 'token', tokenId: 1 },
    { kind: 'robot', id: 'x', assurance: 'token' },
    { kind: 'human', id: '', assurance: 'token' },
  ),
);

test('what is written every day is seen at first sight', () => {
  expect(isPlainEntry(entry)).toBe(true);
  expect(isPlainEntry({ ...entry, actor: { ...actor, name: 'Ana', role: 'admin' } })).toBe(true);
  expect(isPlainEntry({ ...entry, actor: { ...actor, tokenId: 'tok_1' } })).toBe(true);
});

test('nothing that the schema refuses is taken', () => {
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(entry), 'more'), oddValues, (name, value) => {
      const odd = { ...entry, [name]: value };
      const isEntry = LedgerEntry.safeParse(odd).success;
      if (!isEntry) refused += 1;
      expect(isPlainEntry(odd) && !isEntry).toBe(false);
    }),
    { numRuns: 5000 },
  );
  expect(refused).toBeGreaterThan(1000);
  for (const value of [null, [], 'text', {}]) expect(isPlainEntry(value)).toBe(false);
});
