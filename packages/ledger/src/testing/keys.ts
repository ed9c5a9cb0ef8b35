import { generateSigningKey, readPublicKey, readSigningKey } from '@aftertrace/schema/ed25519';
import type { PublicKey, SigningKey } from '@aftertrace/schema/ed25519';

/** A new key and its public half. */
export function keyPair(): { readonly key: SigningKey; readonly publicKey: PublicKey } {
  const { privateKeyPem, publicKeyPem } = generateSigningKey();
  return { key: readSigningKey(privateKeyPem), publicKey: readPublicKey(publicKeyPem) };
}
