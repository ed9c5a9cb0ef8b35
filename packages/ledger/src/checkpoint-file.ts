import { open } from 'node:fs/promises';

import type { AppendFile } from './append-file.ts';
import { parseCheckpoint, type CheckpointLine } from './checkpoint.ts';
import { LedgerError } from './ledger-error.ts';

/** A file to which checkpoints are added. */
export interface CheckpointFile {
  readonly path: string;
  /** The last one in it; undefined for a file that is empty or not there. */
  readonly last: CheckpointLine | undefined;
  /** Adds a line; resolves when it is on disk. A rejected call may be repeated. */
  readonly append: (line: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Longer than any checkpoint by far. */
const TAIL_BYTES = 64 * 1024;

/**
 * Opens a file of checkpoints, cutting what a crash left of a last line.
 *
 * @throws LedgerError `checkpoint_unreadable` where the last line is no checkpoint: then nobody knows how far the ledger went.
 */
export async function openCheckpointFile(
  path: string,
  openFile: (path: string) => Promise<AppendFile>,
): Promise<CheckpointFile> {
  const { last, size: sound, torn } = await readTail(path);
  const file = await openFile(path);
  let size = sound;
  /** A crash or a failed write may have left a part of a line: it was never counted on, and is cut. */
  let mustCut = torn > 0;
  const cut = async (): Promise<void> => {
    await file.truncate(size);
    mustCut = false;
  };
  return {
    path,
    last,
    append: async (line) => {
      if (mustCut) await cut();
      const there = await file.size();
      if (there !== size) {
        throw new LedgerError(
          'ledger_changed',
          `it has ${there} bytes and should have ${size}: something else writes to it`,
        );
      }
      const text = `${line}\n`;
      mustCut = true;
      await file.append(text);
      await file.sync();
      mustCut = false;
      size += Buffer.byteLength(text);
    },
    close: async () => file.close(),
  };
}

interface Tail {
  readonly last: CheckpointLine | undefined;
  /** Bytes up to the end of the last whole line. */
  readonly size: number;
  /** Bytes behind it. */
  readonly torn: number;
}

async function readTail(path: string): Promise<Tail> {
  const text = await lastBytes(path);
  if (text === undefined) return { last: undefined, size: 0, torn: 0 };
  const { bytes, from } = text;
  const end = bytes.lastIndexOf(10);
  const size = from + end + 1;
  const torn = bytes.length - end - 1;
  if (end === -1 && from === 0) return { last: undefined, size, torn };
  const start = end <= 0 ? 0 : bytes.lastIndexOf(10, end - 1) + 1;
  const last = parseCheckpoint(bytes.subarray(start, Math.max(0, end)).toString('utf8'));
  if (last === undefined) {
    throw new LedgerError(
      'checkpoint_unreadable',
      `The last line of ${path} is no checkpoint, so nobody can say from it how far the ledger went. Nothing was written. ` +
        `Restore a copy; or look at it with a verification, keep it as evidence, and move it away.`,
    );
  }
  return { last, size, torn };
}

async function lastBytes(
  path: string,
): Promise<{ readonly bytes: Buffer; readonly from: number } | undefined> {
  let handle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - TAIL_BYTES);
    const bytes = Buffer.alloc(size - from);
    await handle.read(bytes, 0, bytes.length, from);
    return { bytes, from };
  } finally {
    await handle.close();
  }
}
