import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { sha256Hex, type Trajectory } from '@aftertrace/schema';

import { putLargeTextsBack, type LargeText } from './large-texts.ts';
import { writeAndRename } from './replace-file.ts';
import { syncDirectory } from './sync-directory.ts';

/** Where large texts lie below a data directory. */
export const BLOBS_DIR = 'blobs';

const DIGEST = /^sha256:([0-9a-f]{2})([0-9a-f]{62})$/;

/** The file of a digest below the data directory; `undefined` for what is no digest. */
export function blobPath(digest: string): string | undefined {
  const match = DIGEST.exec(digest);
  return match === null ? undefined : `${BLOBS_DIR}/${match[1]}/${match[1]}${match[2]}`;
}

/** Puts texts on disk (0600, synced), each once. What is there under its digest is complete: it came by a rename. */
export async function writeBlobs(dataDir: string, texts: readonly LargeText[]): Promise<void> {
  const folders = new Set<string>();
  for (const { digest, bytes } of texts) {
    const relative = blobPath(digest);
    if (relative === undefined) continue;
    const path = join(dataDir, relative);
    const folder = dirname(path);
    const found = await stat(path).catch(() => undefined);
    if (found?.size === bytes.length) continue;
    if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined)
      folders.add(join(dataDir, BLOBS_DIR));
    await writeAndRename(path, bytes);
    folders.add(folder);
  }
  for (const folder of folders) await syncDirectory(folder);
}

/** The text with this digest; `undefined` where there is none, or where the file does not hold what its name says. */
export async function readBlob(dataDir: string, digest: string): Promise<string | undefined> {
  const path = blobPath(digest);
  if (path === undefined) return undefined;
  const bytes = await readFile(join(dataDir, path)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (bytes === undefined || `sha256:${sha256Hex(bytes)}` !== digest) return undefined;
  return bytes.toString('utf8');
}

/** A line with its large texts in their places; those that are gone stay heads, and the line goes on saying so. */
export async function readWithBlobs(dataDir: string, trajectory: Trajectory): Promise<Trajectory> {
  const texts = new Map<string, string>();
  for (const { digest } of trajectory.extra.aftertrace.blobs ?? []) {
    if (texts.has(digest)) continue;
    const text = await readBlob(dataDir, digest);
    if (text !== undefined) texts.set(digest, text);
  }
  return texts.size === 0 ? trajectory : putLargeTextsBack(trajectory, texts);
}

/** Deletes blobs; those that are gone are no problem. */
export async function removeBlobs(dataDir: string, digests: Iterable<string>): Promise<void> {
  for (const digest of digests) {
    const path = blobPath(digest);
    if (path !== undefined) await rm(join(dataDir, path), { force: true });
  }
}
