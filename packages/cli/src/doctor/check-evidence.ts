import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { companionFilePath, Env } from '@aftertrace/schema/names';

import type { Check } from './check.ts';

const REFUSED = /\.refused\.jsonl$/;

/** Evidence that agents of this user set aside, since a companion does not let their token speak for them. */
export async function checkEvidence(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): Promise<readonly Check[]> {
  const given = env[Env.SPOOL];
  if (given === 'off') return [];
  const isGiven = given !== undefined && given !== '';
  const root = isGiven ? given : path.join(path.dirname(companionFilePath(env, home)), 'evidence');
  const names = await readdir(root, { recursive: true }).catch(() => []);
  const files = names.filter((name) => REFUSED.test(name));
  if (files.length === 0) return [];
  let records = 0;
  for (const file of files) {
    // One that was sent meanwhile has none.
    const text = await readFile(path.join(root, file), 'utf8').catch(() => '');
    // The first line says whose it is.
    records += Math.max(0, text.split('\n').filter((line) => line !== '').length - 1);
  }
  return [
    {
      topic: 'companion',
      status: 'problem',
      subject: 'evidence',
      finding: `${records} records in ${files.length} files below ${root} were refused (403): their token does not speak for those agents. Give them one that does (${Env.TOKEN}, ${Env.AGENT}); the next process sends them`,
    },
  ];
}
