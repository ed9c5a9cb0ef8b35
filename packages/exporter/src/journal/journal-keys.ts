import { hkdfSync } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ExporterError } from '../exporter-error.ts';

const KEY_BYTES = 32;
export const KEY_ID_BYTES = 8;
const FORBIDDEN_MODE = 0o077;
const MAKE_ONE = 'make one with: (umask 077 && openssl rand -base64 32 > journal.key)';

/** A master key and the id by which segments say that they were sealed with it. */
export interface JournalKey {
  readonly id: Uint8Array;
  readonly secret: Uint8Array;
}

/** Encryption of the journal at rest. Keys are 32 random bytes. */
export interface JournalEncryption {
  /** New segments are sealed with it. */
  readonly key: Uint8Array;
  /** Keys of before, for segments that are still there. */
  readonly olderKeys?: readonly Uint8Array[];
}

/** The keys by which segments can be read; the first is for new ones. The id follows from the key and tells nothing of it. */
export function journalKeys(encryption: JournalEncryption | undefined): readonly JournalKey[] {
  if (encryption === undefined) return [];
  return [encryption.key, ...(encryption.olderKeys ?? [])].map((secret) => {
    if (secret.length !== KEY_BYTES) throw unusable(`a journal key has ${secret.length} bytes`);
    const id = hkdfSync('sha256', secret, '', 'aftertrace journal key id v1', KEY_ID_BYTES);
    return { id: new Uint8Array(id), secret };
  });
}

/**
 * A key as it is kept: 32 bytes in base64 or as 64 hexadecimal digits.
 *
 * @throws ExporterError `journal_key_unusable` that names `where`, never the text
 */
export function parseJournalKey(text: string, where: string): Uint8Array {
  const trimmed = text.trim();
  const isHex = /^[0-9a-f]{64}$/i.test(trimmed);
  const isBase64 = /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed);
  if (isHex || isBase64) return Buffer.from(trimmed, isHex ? 'hex' : 'base64');
  const found = trimmed === '' ? 'nothing' : `${trimmed.length} other characters`;
  throw unusable(`${where} has no journal key (found ${found})`);
}

/**
 * Reads a key from a file that its user alone may read (mode 0600 or 0400; not checked on Windows).
 *
 * @throws ExporterError `journal_key_unusable`
 */
export async function readJournalKey(file: string): Promise<Uint8Array> {
  let text: string;
  let mode: number;
  try {
    const handle = await open(file, 'r');
    try {
      ({ mode } = await handle.stat());
      text = await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw unusable(`the journal key ${file} cannot be read (${code ?? message})`, cause);
  }
  if (process.platform !== 'win32' && (mode & FORBIDDEN_MODE) !== 0) {
    const found = (mode & 0o777).toString(8).padStart(4, '0');
    const problem = `the journal key ${file} may be used by others too (mode ${found}): chmod 600 ${file}, and make a new key if others could have read it`;
    throw new ExporterError('journal_key_unusable', problem);
  }
  return parseJournalKey(text, file);
}

function unusable(problem: string, cause?: unknown): ExporterError {
  const message = `${problem}; expected 32 random bytes, in base64 or hexadecimal digits; ${MAKE_ONE}`;
  return new ExporterError('journal_key_unusable', message, { cause });
}
