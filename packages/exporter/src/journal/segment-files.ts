import { mkdir, open, readdir, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { syncDirectory } from '../files/sync-directory.ts';
import { createReadAt, type ReadAt } from './read-at.ts';

const SEGMENT_NAME = /^(\d{12})\.journal$/;

/** One open segment. Every method rejects with the system's error. */
export interface SegmentFile {
  /** Writes all bytes at a position. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>;
  /** Returns when the disk has everything that was written. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  /** Fills `target` from a position; gives the number of bytes read, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** The journal's directory: the part of the file system that it uses, so that tests can let it fail. */
export interface SegmentFiles {
  /** Makes the directory (private to its user) and gives the numbers of the segments in it, ascending. */
  list(): Promise<readonly number[]>;
  /** A new segment (private to its user), whose directory entry is on disk. */
  create(segment: number): Promise<SegmentFile>;
  open(segment: number): Promise<SegmentFile>;
  remove(segment: number): Promise<void>;
}

/** The real directory `dir`. Files of other names in it are left alone. */
export function createSegmentFiles(dir: string): SegmentFiles {
  const path = (segment: number): string =>
    join(dir, `${String(segment).padStart(12, '0')}.journal`);
  const readAt = createReadAt();
  return {
    async list() {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const names = await readdir(dir);
      const segments = names.flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? []);
      return segments.map(Number).toSorted((a, b) => a - b);
    },
    async create(segment) {
      const handle = await open(path(segment), 'wx+', 0o600);
      try {
        await syncDirectory(dir);
      } catch (error) {
        await handle.close();
        await unlink(path(segment));
        throw error;
      }
      return segmentFile(handle, readAt);
    },
    open: async (segment) => segmentFile(await open(path(segment), 'r+'), readAt),
    remove: (segment) => unlink(path(segment)),
  };
}

function segmentFile(handle: FileHandle, readAt: ReadAt): SegmentFile {
  return {
    write: (buffers, position) => writeAll(handle, buffers, position),
    sync: () => handle.datasync(),
    truncate: (bytes) => handle.truncate(bytes),
    async read(target, position) {
      let filled = 0;
      while (filled < target.length) {
        const part = filled === 0 ? target : target.subarray(filled);
        const reading = readAt(handle.fd, part, position + filled);
        const bytesRead = typeof reading === 'number' ? reading : await reading;
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    },
    size: async () => (await handle.stat()).size,
    close: () => handle.close(),
  };
}

/** The system may write less than asked for, for example just before the disk is full. */
async function writeAll(
  handle: FileHandle,
  buffers: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let rest = buffers;
  let at = position;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, at);
    at += bytesWritten;
    rest = behind(rest, bytesWritten);
  }
}

function behind(buffers: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  let index = 0;
  for (; index < buffers.length; index += 1) {
    const length = buffers[index]?.length ?? 0;
    if (left < length) break;
    left -= length;
  }
  const [first, ...others] = buffers.slice(index);
  return first === undefined ? [] : [first.subarray(left), ...others];
}
