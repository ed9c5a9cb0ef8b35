import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { findSensitive } from './find-sensitive.ts';
import { ALL_DETECTORS } from './kinds.ts';

/** Beginnings of everything that is looked for, and what is around it. */
const PIECES = [
  'a',
  'a.',
  'a@',
  '@',
  'a@a.',
  'a@b.co',
  '1 ',
  '4 ',
  '1',
  '4111-',
  '4111',
  '4111111111111111,',
  'eyJ',
  'eyJa.',
  'eyJaaaaaaaaaa.',
  'eyJaaaaaaaaaaaa-',
  'sk-',
  'SG.aaaaaaaaaaaaaaaa.',
  'password=',
  'password:"',
  'password="[REDACTED]',
  '"secret":"',
  "secret:'",
  String.raw`\"password\":\"`,
  'password=[REDACTED]',
  'token: ',
  'token:token',
  'a@a.token:token',
  'token: "a',
  'cookie:',
  'cookie=(',
  'password=)',
  '://',
  '://a:',
  '://a:@',
  'bearer ',
  'bearer aaaaaaaaaaaa/',
  'authorization: basic ',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN PRIVATE',
  '-----BEGIN PRIVATE KEY-----END ',
  '[REDACTED',
  '[REDACTED:email]',
  ' ',
  String.raw`\"`,
  '\\',
  '"',
  "'",
  "a'a",
  '_',
  '-',
  'a-',
  'x.',
  '\n',
  'é',
];

/** With something of every kind behind it, so that no detector is skipped. */
function repeated(piece: string, length: number): string {
  return `${piece.repeat(length / piece.length)} @ eyJ sk- password= :// bearer [REDACTED]`;
}

function millisOf(text: string): number {
  const start = performance.now();
  findSensitive(text, ALL_DETECTORS);
  return performance.now() - start;
}

it.each(PIECES)('time is in proportion to the length of the text: %j', (piece) => {
  // A quadratic pattern takes minutes for this, a linear one a fraction of a second.
  expect(millisOf(repeated(piece, 1_000_000))).toBeLessThan(3000);
});

it('time is in proportion to the length of the text, whatever is repeated', () => {
  const unit = fc
    .array(fc.constantFrom(...PIECES), { minLength: 2, maxLength: 4 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(unit, (piece) => {
      expect({ piece, slow: millisOf(repeated(piece, 200_000)) > 2000 }).toEqual({
        piece,
        slow: false,
      });
    }),
    { numRuns: 60 },
  );
});
