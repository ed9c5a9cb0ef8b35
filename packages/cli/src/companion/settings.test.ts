import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { generateSigningKey } from '@aftertrace/schema/ed25519';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { CompanionConfig } from '../config/companion-config.ts';
import { settingsOf } from './settings.ts';

const KEY = Buffer.alloc(32, 7);
const OLD_KEY = Buffer.alloc(32, 8);

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'settings-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function keyFile(name: string, key: Buffer, mode: number): Promise<string> {
  const file = join(dir, name);
  await writeFile(file, key.toString('base64'), { mode });
  return file;
}

test('keys of policies are tried at the start, and read again for each publication', async () => {
  const policyKeys = join(dir, 'policy.pem');
  const settings = async () => settingsOf(CompanionConfig.parse({ policyKeys }));
  await expect(settings()).rejects.toThrow(/policy\.pem cannot be used/);
  await writeFile(policyKeys, 'nothing');
  await expect(settings()).rejects.toThrow(/no public key/);
  const { publicKeyPem } = generateSigningKey();
  await writeFile(policyKeys, publicKeyPem);
  const { readPolicyKeys } = await settings();
  expect(await readPolicyKeys?.()).toBe(publicKeyPem);
  await writeFile(policyKeys, 'changed');
  expect(await readPolicyKeys?.()).toBe('changed');
});

const withKey = (key: unknown, olderKeys: readonly unknown[] = []): CompanionConfig =>
  CompanionConfig.parse({ journal: { encryption: { key, olderKeys } } });

test('the journal is not encrypted unless asked for', async () => {
  expect(await settingsOf(CompanionConfig.parse({}))).not.toHaveProperty('journal');
});

test('keys of the journal are read from their files when the companion starts', async () => {
  const key = { file: await keyFile('key', KEY, 0o600) };
  const older = { file: await keyFile('old', OLD_KEY, 0o400) };
  const { journal } = await settingsOf(withKey(key, [older]));
  expect(journal?.encryption).toEqual({ key: KEY, olderKeys: [OLD_KEY] });
});

test.skipIf(process.platform === 'win32')(
  'a key that others may read is refused, with what to do',
  async () => {
    const key = { file: await keyFile('key', KEY, 0o644) };
    await expect(settingsOf(withKey(key))).rejects.toThrow(/mode 0644.*chmod 600/);
  },
);

test('a variable that is not set is named', async () => {
  const key = { env: 'AFTERTRACE_TEST_NO_SUCH_KEY' };
  await expect(settingsOf(withKey(key))).rejects.toThrow(/AFTERTRACE_TEST_NO_SUCH_KEY is not set/);
});

test('a key in the configuration itself is refused without being repeated', () => {
  const refused = CompanionConfig.safeParse({
    journal: { encryption: { key: KEY.toString('base64') } },
  });
  expect(refused.error?.issues.map(({ message }) => message)).toEqual([
    'expected { file: PATH } or { env: NAME }; a key does not stand in the configuration',
  ]);
});
