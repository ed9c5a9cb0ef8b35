import { expect, test } from 'vitest';

import { parseDuration } from './parse-duration.ts';

test.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['15m', 900_000],
  ['2h', 7_200_000],
  [' 7d ', 604_800_000],
])('reads %j as milliseconds', (text, millis) => {
  expect(parseDuration(text)).toBe(millis);
});

test.each(['', '15', 'm', '0s', '-5m', '1.5h', '15 m', '15min', '9999d', '1e3s', '99999999999s'])(
  'refuses %j',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);
