import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, utimes, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import { ExporterError } from '../exporter-error.ts';
import { syncDirectory } from '../files/sync-directory.ts';
import { writeAll } from '../files/write-lines.ts';

/** What a backup came to. */
export interface BackupResult {
  readonly files: number;
  readonly bytes: number;
}

export interface BackupOptions {
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
  /** Which files are copied, by their paths in the directory. Default: all that a backup has. */
  readonly includes?: (name: string) => boolean;
}

/** What is written in `BACKUP.json` in the copy. */
interface BackupNote extends BackupResult {
  readonly v: 1;
  readonly id: string;
  readonly at: string;
}

const NOTE = 'BACKUP.json';
const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 10;
/** Of whoever has it open now, and what is not finished. */
const LEFT_OUT =
  /^(?:lock(?:\..*)?|BACKUP\.json)$|\.(?:tmp|new)$|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Copies a data directory while a companion writes to it. Files only grow, by whole lines, or are replaced whole; so each
 * is copied up to the length that it had when it was opened, in an order in which nothing is missed: the journal first (a
 * run that leaves it is in a file by then), then indexes and their files, and texts last (a line comes after its texts).
 * The copy is a data directory like any other; starting a companion on it replays its journal.
 *
 * Rejects with ExporterError `data_dir_unusable` where the target is not an empty or a new directory.
 */
export async function backupDataDir(
  dataDir: string,
  target: string,
  options: BackupOptions = {},
): Promise<BackupResult> {
  await mkdir(target, { recursive: true, mode: 0o700 });
  if ((await readdir(target)).length > 0)
    throw new ExporterError(
      'data_dir_unusable',
      `${target} is not empty; give a directory of its own to each backup`,
    );
  const { now = Date.now, includes = () => true } = options;
  let files = 0;
  let bytes = 0;
  const folders = new Set<string>([target]);
  for (const phase of [isJournal, isRecord, isBlob]) {
    const names = (await filesBelow(dataDir)).filter((name) => phase(name) && includes(name));
    for (const name of names.toSorted(indexesFirst)) {
      const copied = await copyFile(join(dataDir, name), join(target, name));
      if (copied === undefined) continue;
      folders.add(dirname(join(target, name)));
      files += 1;
      bytes += copied;
    }
  }
  const at = new Date(now()).toISOString();
  const note: BackupNote = { v: 1, id: randomUUID(), at, files, bytes };
  await writeFile(join(target, NOTE), `${JSON.stringify(note)}\n`, { mode: 0o600, flush: true });
  for (const folder of folders) await syncDirectory(folder);
  return { files, bytes };
}

const isJournal = (name: string): boolean => name.startsWith('journal/');
const isBlob = (name: string): boolean => /^(?:conversations\/)?blobs\//.test(name);
const isRecord = (name: string): boolean => !isJournal(name) && !isBlob(name);

/** An index may tell of less than its file has, never of more. */
function indexesFirst(left: string, right: string): number {
  const order = (name: string): number => (/\.idx(?:\.next)?$/.test(name) ? 0 : 1);
  return order(left) - order(right) || (left < right ? -1 : 1);
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !LEFT_OUT.test(entry.name))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .map((name) => name.replaceAll('\\', '/'));
}

/** Bytes copied; `undefined` where the file is gone since it was listed. */
async function copyFile(from: string, to: string): Promise<number | undefined> {
  const source = await open(from, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (source === undefined) return undefined;
  try {
    const { size, atime, mtime } = await source.stat();
    const end = from.endsWith('.jsonl') ? await endOfLines(source, size) : size;
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    const copy = await open(to, 'wx', 0o600);
    try {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      for (let at = 0; at < end;) {
        const { bytesRead } = await source.read(chunk, 0, Math.min(CHUNK_BYTES, end - at), at);
        if (bytesRead === 0) break;
        await writeAll(copy, chunk.subarray(0, bytesRead), at);
        at += bytesRead;
      }
      await copy.sync();
    } finally {
      await copy.close();
    }
    // Whether an index is older than its file means something.
    await utimes(to, atime, mtime);
    return end;
  } finally {
    await source.close();
  }
}

/** Behind the last newline within these bytes: a line that is being written is left out. */
async function endOfLines(file: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.allocUnsafe(64 * 1024);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - chunk.length);
    const { bytesRead } = await file.read(chunk, 0, end - start, start);
    const newline = chunk.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (newline !== -1) return start + newline + 1;
    end = start;
  }
  return 0;
}
