import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import type { CompanionFile } from '@aftertrace/schema';
import { companionFilePath } from '@aftertrace/schema/names';

import { readCompanionFile } from '../find-companion.ts';

/**
 * Leaves the companion's addresses and token for agents and commands of the same user (mode 0600, whole or not at
 * all).
 */
export async function writeCompanionFile(content: CompanionFile): Promise<string> {
  const file = companionFilePath(process.env, homedir());
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify(content), { mode: 0o600 });
  await rename(draft, file);
  return file;
}

/** Takes the file away again, unless another companion has put its own there. */
export async function removeCompanionFile(file: string): Promise<void> {
  const content = await readCompanionFile(file);
  if (content?.pid === process.pid) await rm(file, { force: true });
}
