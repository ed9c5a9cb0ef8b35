import { readFile, stat } from 'node:fs/promises';

import { readSigningKey, type SigningKey } from '@aftertrace/schema/ed25519';

import { CommandError } from '../exit-code.ts';

/** The variable that says where the key is with which policies are signed. */
export const SIGNING_KEY_ENV = 'AFTERTRACE_SIGNING_KEY';

/**
 * The key of `--key`, else of `AFTERTRACE_SIGNING_KEY`; undefined where neither is given.
 *
 * @throws CommandError that says what is wrong; it never contains the key.
 */
export async function findSigningKey(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<SigningKey | undefined> {
  const file = (option ?? env[SIGNING_KEY_ENV] ?? '').trim();
  if (file === '') return undefined;
  try {
    const { mode } = await stat(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new TypeError('others than its owner may read it; `chmod 600` it');
    }
    return readSigningKey(await readFile(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`the signing key ${file} cannot be used: ${reason}`, { cause: error });
  }
}
