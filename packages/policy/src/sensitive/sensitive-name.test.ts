import { expect, it } from 'vitest';

import { isSensitiveName } from './sensitive-name.ts';

it.each([
  'password',
  'DB_PASSWORD',
  'X-Api-Key',
  'Api_Key',
  'client_secret',
  'jwtSecret',
  'accessToken',
  'aws_secret_access_key',
  'Proxy-Authorization',
  'Set-Cookie',
  'token',
  'GITHUB_TOKEN',
  'pwd',
  'connectionString',
])('%s says that its value is a secret', (name) => {
  expect(isSensitiveName(name)).toBe(true);
});

it.each([
  'user',
  'password_hint',
  'max_tokens',
  'page_token',
  'nextPageToken',
  'secretary',
  'key',
  'private_key_id',
  'spinning',
  '',
  `password${'x'.repeat(60)}password`,
])('%s does not', (name) => {
  expect(isSensitiveName(name)).toBe(false);
});
