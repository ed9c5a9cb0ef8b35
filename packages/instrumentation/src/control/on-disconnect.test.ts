import { expect, test } from 'vitest';

import { parseOnDisconnect } from './on-disconnect.ts';

test.each([
  [undefined, Infinity],
  ['', Infinity],
  [' Keep-Last ', Infinity],
  ['closed:30', 30_000],
  ['closed:0.5', 500],
  ['closed:0', 0],
  ['closed', undefined],
  ['closed:-1', undefined],
  ['closed:1e9', undefined],
  ['open', undefined],
])('%j keeps what was in force for %j ms', (text, millis) => {
  expect(parseOnDisconnect(text)).toBe(millis);
});
