import type { FileHandle } from 'node:fs/promises';

import { charsOf, type Pieces } from './line-text.ts';

/** Small enough to stay in the processor's cache between encoding and writing. */
const BUFFER_BYTES = 1024 * 1024;
const NEWLINE = 10;
const MAX_KEPT_BUFFERS = 16;

/** Buffers to encode lines in: new memory for every batch costs more than the encoding. */
export interface BufferPool {
  take(): Buffer;
  giveBack(buffer: Buffer): void;
}

/** A pool of buffers of a megabyte. */
export function createBufferPool(): BufferPool {
  const kept: Buffer[] = [];
  return {
    take: () => kept.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES),
    giveBack(buffer) {
      if (kept.length < MAX_KEPT_BUFFERS) kept.push(buffer);
    },
  };
}

/** Lines to encode in UTF-8, a newline behind each. */
export type LinesToEncode = readonly { readonly pieces: Pieces }[];

/** Lines as one piece of bytes, and how many each of them takes without its newline. */
export interface EncodedLines {
  readonly bytes: Buffer;
  readonly lengths: readonly number[];
}

/** Encodes lines in memory of their own. */
export function encodeLines(lines: LinesToEncode): EncodedLines {
  const bytes = Buffer.allocUnsafe(lines.reduce((sum, { pieces }) => sum + mostBytes(pieces), 0));
  const lengths: number[] = [];
  let at = 0;
  for (const { pieces } of lines) {
    const end = encodeLine(bytes, at, pieces);
    lengths.push(end - at - 1);
    at = end;
  }
  return { bytes: bytes.subarray(0, at), lengths };
}

/** Writes the lines from a position on, about a megabyte at a time; gives the bytes of each without its newline. */
export async function writeLines(
  file: FileHandle,
  position: number,
  { lines, pool }: { readonly lines: LinesToEncode; readonly pool: BufferPool },
): Promise<readonly number[]> {
  const buffer = pool.take();
  const lengths: number[] = [];
  try {
    let at = 0;
    let written = position;
    for (const line of lines) {
      const room = mostBytes(line.pieces);
      if (at > 0 && at + room > buffer.length) {
        await writeAll(file, buffer.subarray(0, at), written);
        written += at;
        at = 0;
      }
      if (room > buffer.length) {
        const bytes = await writeLongLine(file, written, { pieces: line.pieces, buffer });
        written += bytes;
        lengths.push(bytes - 1);
        continue;
      }
      const end = encodeLine(buffer, at, line.pieces);
      lengths.push(end - at - 1);
      at = end;
    }
    await writeAll(file, buffer.subarray(0, at), written);
  } finally {
    pool.giveBack(buffer);
  }
  return lengths;
}

interface LongLine {
  readonly pieces: Pieces;
  /** To encode in. */
  readonly buffer: Buffer;
}

/** Writes a line that does not fit into the buffer, as much of it at a time as does; gives its bytes, newline included. */
async function writeLongLine(
  file: FileHandle,
  position: number,
  { pieces, buffer }: LongLine,
): Promise<number> {
  let at = 0;
  let written = position;
  const flush = async (bytes: Buffer): Promise<void> => {
    await writeAll(file, bytes, written);
    written += bytes.length;
    at = 0;
  };
  for (const piece of [...pieces, '\n']) {
    const room = piece.length * MOST_BYTES;
    if (at > 0 && at + room > buffer.length) await flush(buffer.subarray(0, at));
    if (room > buffer.length) await flush(Buffer.from(piece));
    else at += buffer.write(piece, at, 'utf8');
  }
  await flush(buffer.subarray(0, at));
  return written - position;
}

/** Writes bytes at a position, all of them. */
export async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** No UTF-16 unit takes more bytes. */
const MOST_BYTES = 3;

/** Asking for the very number costs as much as encoding. */
function mostBytes(pieces: Pieces): number {
  return charsOf(pieces) * MOST_BYTES + 1;
}

function encodeLine(bytes: Buffer, from: number, pieces: Pieces): number {
  let at = from;
  for (const piece of pieces) at += bytes.write(piece, at, 'utf8');
  bytes[at] = NEWLINE;
  return at + 1;
}
