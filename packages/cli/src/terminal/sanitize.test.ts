import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { sanitize } from './sanitize.ts';
import { renderTable } from './table.ts';

describe('sanitize', () => {
  test.each([
    ['\u001b[2Jgone', '\\x1b[2Jgone'],
    ['a\rb\nc\td', 'a\\x0db\\x0ac\\x09d'],
    ['\u009b31m', '\\x9b31m'],
    ['user\u202eexe.', 'user\\u202eexe.'],
    ['naïve 日本 🎈', 'naïve 日本 🎈'],
  ])('shows %j as text', (text, shown) => {
    expect(sanitize(text)).toBe(shown);
  });

  test('lets no control character through, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(sanitize(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  test('cuts what is too long, between characters', () => {
    expect(sanitize('🎈🎈🎈', 2)).toBe('🎈🎈…');
    expect(sanitize('abc', 3)).toBe('abc');
  });
});

describe('renderTable', () => {
  test('aligns columns and lets no cell break a row', () => {
    expect(
      renderTable(
        ['A', 'B'],
        [
          ['1', 'x\ny'],
          ['longer', 'z'],
        ],
      ),
    ).toBe('A       B\n1       x\\x0ay\nlonger  z');
  });
});
