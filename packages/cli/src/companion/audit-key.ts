import { appendFile, link, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import {
  generateSigningKey,
  readPublicKey,
  readSigningKey,
  type PublicKey,
  type SigningKey,
} from '@aftertrace/schema/ed25519';

import { opennessOf } from '../config/open-secrets.ts';
import { readSecretFile } from '../config/secret.ts';
import { CommandError } from '../exit-code.ts';

/** The key of a data directory's audit log, where none is given. */
const PRIVATE_NAME = 'audit.key.pem';
/** Public keys that have signed the log, one PEM block after another. Whoever checks for certain has them from elsewhere. */
const PUBLIC_NAME = 'audit.pub.pem';

/**
 * The key that signs the audit log of a data directory: made at the first start, mode 0600, and kept.
 *
 * @throws CommandError for a file that is no key.
 */
export async function keptAuditKey(dataDir: string): Promise<SigningKey> {
  const file = path.join(dataDir, PRIVATE_NAME);
  const kept = await readIfThere(file);
  if (kept !== undefined) return signingKeyIn(kept, file);
  const draft = `${file}.${process.pid}.new`;
  await writeFile(draft, generateSigningKey().privateKeyPem, { mode: 0o600, flush: true });
  try {
    // Whole or not at all, and never in the place of one that is there.
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return signingKeyIn(await readFile(file, 'utf8'), file);
}

/** The same where there is one; for who only visits. */
export async function existingAuditKey(dataDir: string): Promise<SigningKey | undefined> {
  const file = path.join(dataDir, PRIVATE_NAME);
  const kept = await readIfThere(file);
  return kept === undefined ? undefined : signingKeyIn(kept, file);
}

/** @throws CommandError for a file that cannot be read, is no key, or that others may use: what it signs proves nothing then. */
export async function readAuditKey(file: string): Promise<SigningKey> {
  const openness = await opennessOf(file);
  if (openness !== undefined)
    throw new CommandError(`the key of the audit log in ${file} is refused: ${openness}`);
  return signingKeyIn(await readSecretFile(file, 'signing key'), file);
}

/** Notes the public key beside the log, after those of before, for checks that are not for certain. */
export async function notePublicKey(dataDir: string, key: SigningKey): Promise<void> {
  const file = path.join(dataDir, PUBLIC_NAME);
  const noted = (await readIfThere(file)) ?? '';
  if (noted.includes(key.publicKeyPem.trim())) return;
  await appendFile(file, key.publicKeyPem, { mode: 0o600, flush: true });
}

/** The public keys that the directory itself names; none before its log was first signed. */
export async function notedPublicKeys(dataDir: string): Promise<readonly PublicKey[]> {
  const file = path.join(dataDir, PUBLIC_NAME);
  const noted = await readIfThere(file);
  return noted === undefined ? [] : publicKeysIn(noted, file);
}

/** @throws CommandError for a file without a public key, or with one that cannot be read. */
export async function readPublicKeys(file: string): Promise<readonly PublicKey[]> {
  return publicKeysIn(await readSecretFile(file, 'public key'), file);
}

const PEM_BLOCK = /-----BEGIN ([A-Z ]+)-----[^-]*-----END \1-----/g;

function publicKeysIn(text: string, file: string): readonly PublicKey[] {
  try {
    return (text.match(PEM_BLOCK) ?? ['']).map(readPublicKey);
  } catch (error) {
    throw new CommandError(`${file}: ${reasonOf(error)}`, { cause: error });
  }
}

function signingKeyIn(pem: string, file: string): SigningKey {
  try {
    return readSigningKey(pem);
  } catch (error) {
    throw new CommandError(`${file}: ${reasonOf(error)}`, { cause: error });
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
