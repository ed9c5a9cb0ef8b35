import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { generateSigningKey } from '@aftertrace/schema/ed25519';
import { beforeEach, expect, onTestFinished, test } from 'vitest';

import { readAuditKey } from '../companion/audit-key.ts';
import { CompanionConfig } from './companion-config.ts';
import { openSecrets } from './open-secrets.ts';

let folder: string;
const file = (name: string): string => path.join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'aftertrace-secrets-'));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
});

const HAS_NO_MODES = process.platform === 'win32';

async function secret(name: string, mode: number): Promise<string> {
  await writeFile(file(name), 'a secret of many characters');
  await chmod(file(name), mode);
  return file(name);
}

function config(): CompanionConfig {
  return CompanionConfig.parse({
    tokenFile: file('token.txt'),
    tls: { certFile: file('cert.pem'), keyFile: file('tls.pem') },
    webhooks: [{ url: 'https://hooks.example.com', secretFile: file('hook') }],
    audit: {
      checkpoints: {
        otlp: { endpoint: 'https://logs.example.com', headers: { key: { file: file('header') } } },
      },
    },
  });
}

const SECRETS = ['token.txt', 'tls.pem', 'hook', 'header', 'audit.key.pem'];

test.skipIf(HAS_NO_MODES).each([0o640, 0o604, 0o620, 0o660, 0o644])(
  'every secret that group or others may use is told: %o',
  async (mode) => {
    for (const name of SECRETS) await secret(name, mode);
    const lines = await openSecrets(config(), folder);
    expect(lines).toHaveLength(SECRETS.length);
    for (const name of SECRETS) {
      const line = lines.find((one) => one.includes(file(name)));
      expect(line).toContain(`mode 0${mode.toString(8)}); chmod 600 it`);
      expect(line).not.toContain('of many characters');
    }
  },
);

test.skipIf(HAS_NO_MODES)(
  'secrets of their owner alone are not told, nor those that are not there',
  async () => {
    for (const name of SECRETS.slice(1)) await secret(name, 0o600);
    await secret('token.txt', 0o400);
    expect(await openSecrets(config(), folder)).toEqual([]);
    await rm(file('hook'));
    expect(await openSecrets(config(), folder)).toEqual([]);
  },
);

test.skipIf(HAS_NO_MODES).each([0o640, 0o604, 0o620])(
  'a key that is to sign the audit log is refused where others may use it: %o',
  async (mode) => {
    await writeFile(file('key.pem'), generateSigningKey().privateKeyPem, { mode: 0o600 });
    expect(await readAuditKey(file('key.pem'))).toBeDefined();
    await chmod(file('key.pem'), mode);
    await expect(readAuditKey(file('key.pem'))).rejects.toThrow(
      /others than its owner .*chmod 600/,
    );
  },
);
