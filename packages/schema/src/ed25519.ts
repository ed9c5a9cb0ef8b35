import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { sha256Hex } from './canonical.ts';

/** A new key, as the text of its two files. */
export interface SigningKeyFiles {
  /** `ed25519:` and the first 32 hexadecimal digits of SHA-256 over the public key's SPKI DER. */
  readonly keyId: string;
  /** PKCS#8 in PEM. Whoever has it can sign: mode 0600, and not where those can read it who are to be checked. */
  readonly privateKeyPem: string;
  /** SPKI in PEM, for those who check. */
  readonly publicKeyPem: string;
}

/** A key that signs. */
export interface SigningKey {
  readonly keyId: string;
  readonly publicKeyPem: string;
  /** Ed25519 over the text's UTF-8, in base64. Sign the RFC 8785 form of records, with a member that says what they are. */
  readonly sign: (text: string) => string;
}

/** A key that checks. */
export interface PublicKey {
  readonly keyId: string;
  /** False for every signature that is not this key's over this text, malformed ones too. Never throws. */
  readonly verify: (text: string, signature: string) => boolean;
}

/** Makes a key with the randomness of the system: for the edge of a program. */
export function generateSigningKey(): SigningKeyFiles {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    keyId: keyIdOf(publicKey),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKeyPem: pemOf(publicKey),
  };
}

/**
 * Reads a private key: PKCS#8 in PEM, as `openssl genpkey -algorithm ed25519` writes it.
 *
 * @throws TypeError that says what is wrong; it never contains the key.
 */
export function readSigningKey(pem: string): SigningKey {
  const privateKey = parsed(() => createPrivateKey(pem), 'PRIVATE KEY');
  const publicKey = createPublicKey(privateKey);
  return {
    keyId: keyIdOf(publicKey),
    publicKeyPem: pemOf(publicKey),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
  };
}

/**
 * Reads a public key: SPKI in PEM, as `openssl pkey -pubout` writes it.
 *
 * @throws TypeError that says what is wrong. A private key is refused: it has no business where signatures are checked.
 */
export function readPublicKey(pem: string): PublicKey {
  if (pem.includes('PRIVATE KEY')) {
    throw new TypeError(
      'this is a private key; signatures are checked with the public key alone (the .pub.pem file)',
    );
  }
  const publicKey = parsed(() => createPublicKey(pem), 'PUBLIC KEY');
  return {
    keyId: keyIdOf(publicKey),
    verify: (text, signature) => {
      const bytes = Buffer.from(signature, 'base64');
      // Node reads base64 leniently: another spelling of the same bytes is another record.
      if (bytes.length !== 64 || bytes.toString('base64') !== signature) return false;
      return verify(null, Buffer.from(text), publicKey, bytes);
    },
  };
}

function parsed(parse: () => KeyObject, kind: string): KeyObject {
  const expected = `expected an Ed25519 key in PEM (-----BEGIN ${kind}-----)`;
  let key: KeyObject;
  try {
    key = parse();
  } catch {
    // The cause is left out: it may quote what it could not read.
    throw new TypeError(`${expected}, found none that can be read`);
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new TypeError(`${expected}, found a key of type ${key.asymmetricKeyType}`);
  }
  return key;
}

function pemOf(publicKey: KeyObject): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return `ed25519:${sha256Hex(der).slice(0, 32)}`;
}
