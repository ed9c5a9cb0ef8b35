import { expect, test } from 'vitest';

import { parseAddress } from './parse-address.ts';

test.each([
  ['127.0.0.1:4319', '127.0.0.1', 4319],
  ['localhost:0', 'localhost', 0],
  [':4320', '127.0.0.1', 4320],
  ['[::1]:4319', '::1', 4319],
  ['0.0.0.0:65535', '0.0.0.0', 65_535],
])('reads %s', (text, host, port) => {
  expect(parseAddress(text)).toEqual({ host, port });
});

test.each(['', '4319', 'localhost', '127.0.0.1:65536', '::1:4319', 'http://a:1', 'a b:1', 'a:'])(
  'refuses %j',
  (text) => {
    expect(parseAddress(text)).toBeUndefined();
  },
);
