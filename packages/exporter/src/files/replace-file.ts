import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { syncDirectory } from './sync-directory.ts';

/** Puts a text in the place of a file (0600) whose directory is there: after a crash it has the old content or this one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeAndRename(path, text);
  await syncDirectory(dirname(path));
}

/** The same, but that its directory has still to be synced: for whoever puts many files into one. */
export async function writeAndRename(path: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`;
  const file = await open(unfinished, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}
