import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { signBundle } from '@aftertrace/policy/compile';

import { CommandError, ExitCode } from '../exit-code.ts';
import { loadBundle } from '../policy/load-bundle.ts';
import { findSigningKey, SIGNING_KEY_ENV } from '../policy/signing-key.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';

/** What `aftertrace policy sign` was asked. */
export interface SignOptions {
  readonly key?: string;
  /** Instead of the one in the file. */
  readonly revision?: number;
  /** Instead of the default beside the source. */
  readonly out?: string;
  readonly json: boolean;
}

/** The file of a directory that holds its signatures. */
const SIGNATURES_FILE = 'signatures.json';

/**
 * `aftertrace policy sign PATH`: of a file a signed copy, in a directory one more file, so that what people wrote stays as
 * they wrote it. Signatures of other keys under the same content are kept.
 */
export async function signPolicy(
  source: string,
  options: SignOptions,
  output: Output,
): Promise<ExitCode> {
  const key = await findSigningKey(options.key);
  if (key === undefined) {
    throw new CommandError(
      `with which key? give --key FILE, or set ${SIGNING_KEY_ENV}; \`aftertrace keygen\` makes one`,
      { exitCode: ExitCode.USAGE },
    );
  }
  const { written } = await loadBundle(source);
  const isDirectory = (await stat(source)).isDirectory();
  const revision = options.revision ?? written.revision;
  const isNew = revision !== written.revision;
  if (isNew && isDirectory) {
    throw new CommandError(
      `the revision of a directory stands in its files: write ${revision} there instead of ${written.revision}, then sign`,
    );
  }
  const { signatures: earlier, ...content } = written;
  const kept = isNew || earlier === undefined ? {} : { signatures: earlier };
  const signed = signBundle({ ...content, ...kept, revision }, key);
  const file = options.out ?? defaultOut(source, isDirectory);
  const text = isDirectory ? { signatures: signed.signatures } : signed;
  await writeFile(file, `${JSON.stringify(text, undefined, 2)}\n`);
  const { keyId } = key;
  if (options.json) output.out(JSON.stringify({ file, name: written.name, revision, keyId }));
  else output.out(`${file}: ${sanitize(written.name)} revision ${revision}, signed by ${keyId}`);
  return ExitCode.OK;
}

function defaultOut(source: string, isDirectory: boolean): string {
  if (isDirectory) return path.join(source, SIGNATURES_FILE);
  const { dir, name } = path.parse(source);
  return path.join(dir, `${name.replace(/\.signed$/, '')}.signed.json`);
}
