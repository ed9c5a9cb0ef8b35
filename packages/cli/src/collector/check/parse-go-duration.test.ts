import { expect, test } from 'vitest';

import { parseGoDuration } from './parse-go-duration.ts';

test.each([
  ['0', 0],
  [0, 0],
  ['0s', 0],
  ['500ms', 500],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  [5_000_000_000, 5000],
  ['soon', undefined],
  ['5', undefined],
  ['', undefined],
  [true, undefined],
])('%j is %j ms', (text, millis) => {
  expect(parseGoDuration(text)).toBe(millis);
});
