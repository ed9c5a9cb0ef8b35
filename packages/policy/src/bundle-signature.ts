import { canonicalJson, sha256Hex } from '@aftertrace/schema/canonical';
import { readPublicKey, type PublicKey, type SigningKey } from '@aftertrace/schema/ed25519';

import type { BundleProblem } from './bundle-problem.ts';

/** The keys that a bundle must be signed with one of, by their ids. */
export type TrustedKeys = ReadonlyMap<string, PublicKey>;

/** A bundle's signatures held against the trusted keys. */
export type SignatureCheck =
  | {
      readonly ok: true;
      /** Of the trusted keys whose signatures hold; at least one. */
      readonly keyIds: readonly string[];
      /** SHA-256 of what the signatures cover: the same for the same content, whoever signed it. */
      readonly contentDigest: string;
    }
  | { readonly ok: false; readonly problems: readonly BundleProblem[] };

/** Says what is signed, so that no signature of another record can stand under a bundle. */
const CONTEXT = 'aftertrace.policy-bundle.v1';

/** More are not looked at: each costs time, and who is not trusted has written them. */
const MAX_SIGNATURES = 16;

const PEM_BLOCK = /-----BEGIN ([A-Z ]+)-----[^-]*-----END \1-----/g;

/**
 * Reads pinned keys: one or more public keys in PEM, one after another; what stands between them is comment.
 *
 * @throws TypeError where there is none, one cannot be read, or a private key is among them.
 */
export function readTrustedKeys(pem: string): TrustedKeys {
  const blocks = pem.match(PEM_BLOCK) ?? [];
  if (blocks.length === 0) {
    throw new TypeError(
      'there is no public key (-----BEGIN PUBLIC KEY-----); `aftertrace keygen` makes one',
    );
  }
  return new Map(blocks.map(readPublicKey).map((key) => [key.keyId, key]));
}

/**
 * The bundle with this key's signature; others under the same content stay, so that two keys can sign one after another.
 *
 * @throws TypeError for values that JSON does not hold, such as infinities.
 */
export function signBundle<Bundle extends object>(
  bundle: Bundle,
  key: SigningKey,
): Bundle & { readonly signatures: readonly object[] } {
  const others = signaturesOf(bundle).filter(({ keyId }) => keyId !== key.keyId);
  const signature = {
    keyId: key.keyId,
    algorithm: 'ed25519',
    signature: key.sign(signedText(bundle)),
  };
  return { ...bundle, signatures: [...others, signature] };
}

/**
 * Checks a bundle as it was written, before anything else in it is looked at. One trusted key is enough; a signature of a
 * trusted key that does not hold is a problem whatever others do, and signatures of other keys count as absent.
 */
export function checkSignatures(bundle: unknown, trusted: TrustedKeys): SignatureCheck {
  const signatures = signaturesOf(bundle).slice(0, MAX_SIGNATURES);
  const known = signatures.filter(({ keyId }) => trusted.has(keyId));
  if (known.length === 0) return refuse(unknownMessage(signatures, trusted));
  const text = textOf(bundle);
  if (text === undefined)
    return refuse('it holds what has no canonical JSON, so no signature can cover it');
  const broken = known.filter(({ keyId, signature }) => {
    return trusted.get(keyId)?.verify(text, signature) !== true;
  });
  if (broken.length > 0) {
    const ids = broken.map(({ keyId }) => keyId).join(', ');
    return refuse(
      `the signature of ${ids} does not hold: the bundle was changed after it was signed; sign it again`,
    );
  }
  const keyIds = [...new Set(known.map(({ keyId }) => keyId))];
  return { ok: true, keyIds, contentDigest: sha256Hex(text) };
}

/** What a signature of a bundle covers. */
function signedText(bundle: object): string {
  const { signatures: _, ...content } = bundle as { readonly signatures?: unknown };
  return `${CONTEXT}\n${canonicalJson(content)}`;
}

function textOf(bundle: unknown): string | undefined {
  try {
    return signedText(bundle as object);
  } catch {
    // Hostile values have no canonical form; the caller says so.
    return undefined;
  }
}

interface WrittenSignature {
  readonly keyId: string;
  readonly signature: string;
}

/** Those that can be one; a bundle is not validated yet. */
function signaturesOf(bundle: unknown): readonly WrittenSignature[] {
  const written: unknown =
    typeof bundle === 'object' && bundle !== null
      ? (bundle as { readonly signatures?: unknown }).signatures
      : undefined;
  if (!Array.isArray(written)) return [];
  return written.filter((entry: unknown): entry is WrittenSignature => {
    if (typeof entry !== 'object' || entry === null) return false;
    const { keyId, algorithm, signature } = entry as Record<string, unknown>;
    return typeof keyId === 'string' && algorithm === 'ed25519' && typeof signature === 'string';
  });
}

function unknownMessage(signatures: readonly WrittenSignature[], trusted: TrustedKeys): string {
  const expected = `signatures of ${[...trusted.keys()].join(' or ')} are trusted`;
  if (signatures.length === 0)
    return `it is not signed; ${expected}; sign it with \`aftertrace policy sign\``;
  const found = signatures.slice(0, 3).map(({ keyId }) => JSON.stringify(keyId.slice(0, 60)));
  return `it is signed by ${found.join(', ')} only; ${expected}`;
}

function refuse(message: string): SignatureCheck {
  return { ok: false, problems: [{ message, path: ['signatures'] }] };
}
