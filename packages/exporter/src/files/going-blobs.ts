import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { BLOBS_DIR, removeBlobs } from './blobs.ts';
import { listFiles } from './file-names.ts';
import { replaceFile } from './replace-file.ts';
import { unneededBlobs } from './survey-files.ts';

/** Digests of blobs whose lines are being removed, as a JSON array: what a crash leaves is removed at the next start. */
const GOING_FILE = join(BLOBS_DIR, 'going.json');

/**
 * To be called before lines with these blobs are removed: whatever happens then, {@link removeGoingBlobs} finds them.
 * What an earlier removal has left is added to; nothing is written where all of them are noted.
 */
export async function noteGoingBlobs(dataDir: string, digests: Iterable<string>): Promise<void> {
  const going = new Set(await readGoing(dataDir));
  const noted = going.size;
  for (const digest of digests) going.add(digest);
  if (going.size === noted) return;
  await mkdir(join(dataDir, BLOBS_DIR), { recursive: true, mode: 0o700 });
  await replaceFile(join(dataDir, GOING_FILE), JSON.stringify([...going]));
}

/**
 * Deletes those of the blobs that were noted which no line needs, and the note; gives how many that were. Nobody may
 * write meanwhile.
 */
export async function removeGoingBlobs(dataDir: string): Promise<number> {
  const going = await readGoing(dataDir);
  if (going.length === 0) return 0;
  const unneeded = await unneededBlobs(dataDir, going, await listFiles(dataDir));
  await removeBlobs(dataDir, unneeded);
  await rm(join(dataDir, GOING_FILE), { force: true });
  return unneeded.length;
}

/** Nothing where the note cannot be read: then they only take room, and a check names them. */
async function readGoing(dataDir: string): Promise<readonly string[]> {
  const text = await readFile(join(dataDir, GOING_FILE), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '[]';
    throw error;
  });
  try {
    const going: unknown = JSON.parse(text);
    return Array.isArray(going) ? going.filter((digest) => typeof digest === 'string') : [];
  } catch {
    return [];
  }
}
