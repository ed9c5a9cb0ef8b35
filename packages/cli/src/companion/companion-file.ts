import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import type { CompanionFile } from '@aftertrace/schema';
import { companionFilePath } from '@aftertrace/schema/names';

import { readCompanionFile } from '../find-companion.ts';

/** The file that was left, or the companion that stands in it already. */
export type LeftFile =
  | { readonly kind: 'written'; readonly file: string }
  | { readonly kind: 'taken'; readonly file: string; readonly by: CompanionFile };

/**
 * Leaves the companion's addresses and a token of role agent for agents, and where its data is for commands, of the same user (mode 0600, whole or not at
 * all). The file of another companion that still runs stays: its agents and commands go on finding it.
 */
export async function writeCompanionFile(content: CompanionFile): Promise<LeftFile> {
  const file = companionFilePath(process.env, homedir());
  const present = await readCompanionFile(file);
  if (present !== undefined && present.pid !== content.pid && isRunning(present.pid)) {
    return { kind: 'taken', file, by: present };
  }
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify(content), { mode: 0o600 });
  await rename(draft, file);
  return { kind: 'written', file };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Takes the file away again, unless another companion has put its own there. */
export async function removeCompanionFile(file: string): Promise<void> {
  const content = await readCompanionFile(file);
  if (content?.pid === process.pid) await rm(file, { force: true });
}
