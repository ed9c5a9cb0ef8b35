import { createHash, generateKeyPairSync } from 'node:crypto';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { generateSigningKey, readPublicKey, readSigningKey } from './ed25519.ts';

const files = generateSigningKey();
const key = readSigningKey(files.privateKeyPem);
const publicKey = readPublicKey(files.publicKeyPem);

test('both files of a key have the same id, which anybody can compute', () => {
  expect(key.keyId).toBe(files.keyId);
  expect(publicKey.keyId).toBe(files.keyId);
  expect(key.publicKeyPem).toBe(files.publicKeyPem);
  const der = Buffer.from(files.publicKeyPem.replace(/-----[^-]+-----|\n/g, ''), 'base64');
  const hex = createHash('sha256').update(der).digest('hex');
  expect(files.keyId).toBe(`ed25519:${hex.slice(0, 32)}`);
});

test('a signature holds for its text and its key, and for nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(63), (text, at) => {
      const signature = key.sign(text);
      expect(publicKey.verify(text, signature)).toBe(true);
      expect(publicKey.verify(`${text} `, signature)).toBe(false);
      const bytes = Buffer.from(signature, 'base64');
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      expect(publicKey.verify(text, bytes.toString('base64'))).toBe(false);
    }),
    { numRuns: 50 },
  );
  const other = readPublicKey(generateSigningKey().publicKeyPem);
  expect(other.verify('text', key.sign('text'))).toBe(false);
});

test.each(['', 'nonsense', 'A'.repeat(88)])('%j is no signature', (signature) => {
  expect(publicKey.verify('text', signature)).toBe(false);
});

test('another spelling of the same signature is none', () => {
  const signature = key.sign('text');
  expect(publicKey.verify('text', `${signature} `)).toBe(false);
  expect(publicKey.verify('text', signature.replace(/=+$/, ''))).toBe(false);
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });

test.each([
  ['nothing', ''],
  ['a public key', files.publicKeyPem],
  ['another kind of key', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
  ['a broken key', files.privateKeyPem.replace('M', '*')],
])('%s is no signing key, and the message does not contain it', (_name, pem) => {
  expect(() => readSigningKey(pem)).toThrow(/expected an Ed25519 key in PEM/);
});

test('a private key is refused where signatures are checked', () => {
  expect(() => readPublicKey(files.privateKeyPem)).toThrow(/public key alone/);
  expect(() => readPublicKey('nonsense')).toThrow(/expected an Ed25519 key/);
});

/** Made by OpenSSL: a public key, its id by `openssl pkey -pubin -outform der | sha256sum`, a signature by `pkeyutl`. */
const OPENSSL = {
  publicKeyPem: `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAkH29YcSgiqJ5Qvs5fWU7VdvgUhGoTMV9+Mehu+/lx9I=
-----END PUBLIC KEY-----
`,
  keyId: 'ed25519:54638ce2a7c996a2bef4df7331527bce',
  signature:
    'sWkZa5a+IyOTjaPlhkdkEyqGDyIKxWHyTKtG9lyMRMRRMXkd59H3YoG+UuHP7FCUSnwQiNuQghtyVpCa7BLtCA==',
};

test('what another implementation signed can be checked, and its key has the id that anybody computes', () => {
  const made = readPublicKey(OPENSSL.publicKeyPem);
  expect(made.keyId).toBe(OPENSSL.keyId);
  expect(made.verify('made elsewhere', OPENSSL.signature)).toBe(true);
  expect(made.verify('made here', OPENSSL.signature)).toBe(false);
});
