import { expect, test } from 'vitest';

import { durationText } from './format-time.ts';

test.each([
  [412.4, '412 ms'],
  [3210, '3.2 s'],
  [250_000, '4 min 10 s'],
  [7_500_000, '2 h 5 min'],
])('%d ms is %s', (millis, text) => {
  expect(durationText(millis)).toBe(text);
});
