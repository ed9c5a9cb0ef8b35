import { expect, test } from 'vitest';

import { createCompanionClient, type CompanionClientOptions } from './http-client.ts';

test.each<[string, Partial<CompanionClientOptions>, RegExp]>([
  ['a token that is no header', { token: 'two\nlines' }, /Invalid character in header/],
  ['a certificate that is none', { tls: { cert: 'x', key: 'y' } }, /PEM/],
])('with %s no request can be made, and none throws', async (_name, more, reason) => {
  const options = { url: 'https://127.0.0.1:9', token: 't', ...more };
  const client = createCompanionClient(options);
  const post = { path: '/', body: {}, timeoutMillis: 1_000, keepAlive: true };
  expect(await client.post(post)).toMatchObject({
    kind: 'unreachable',
    reason: expect.stringMatching(reason) as unknown,
  });
  const failed = Promise.withResolvers<string>();
  let isOpen = false;
  client.stream('/', {
    onResponse: () => undefined,
    onFailure: (why) => (isOpen ? failed.resolve(why) : failed.reject(new Error('too early'))),
  });
  isOpen = true;
  expect(await failed.promise).toMatch(reason);
});
