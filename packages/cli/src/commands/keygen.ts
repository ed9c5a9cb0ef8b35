import { rm, writeFile } from 'node:fs/promises';

import { generateSigningKey } from '@aftertrace/schema/ed25519';

import { CommandError, ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';

/** `aftertrace keygen NAME`: a key pair in two files, neither of which is ever overwritten. */
export async function generateKey(
  name: string,
  options: { readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const { keyId, privateKeyPem, publicKeyPem } = generateSigningKey();
  const privateFile = `${name}.key.pem`;
  const publicFile = `${name}.pub.pem`;
  await writeNew(privateFile, privateKeyPem, 0o600);
  try {
    await writeNew(publicFile, publicKeyPem, 0o644);
  } catch (error) {
    // Ours, of a moment ago: half a pair is in the way of the next attempt.
    await rm(privateFile, { force: true });
    throw error;
  }
  if (options.json) {
    output.out(JSON.stringify({ keyId, privateKey: privateFile, publicKey: publicFile }));
    return ExitCode.OK;
  }
  output.out(
    [
      keyId,
      `  ${privateFile}  signs; keep it where only those can read it who may sign`,
      `  ${publicFile}  checks; give it to agents (AFTERTRACE_POLICY_KEYS) and companions`,
    ].join('\n'),
  );
  return ExitCode.OK;
}

async function writeNew(file: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx', mode });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${file} cannot be written: ${reason}`, { cause: error });
  }
}
