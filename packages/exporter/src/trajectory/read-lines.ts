import type { FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;

/** One line of a file. */
export interface FileLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Bytes from the start of the file to the end of the line, its newline included. */
  readonly endOffset: number;
}

/** The whole lines of a file, as UTF-8. What stands after the last newline is still being written and is left out. */
export async function* readWholeLines(file: FileHandle): AsyncGenerator<FileLine> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let parts: Buffer[] = [];
  let position = 0;
  let number = 0;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    let from = 0;
    for (;;) {
      const newline = chunk.subarray(0, bytesRead).indexOf(NEWLINE, from);
      if (newline === -1) break;
      parts.push(chunk.subarray(from, newline));
      number += 1;
      yield {
        number,
        text: Buffer.concat(parts).toString('utf8'),
        endOffset: position + newline + 1,
      };
      parts = [];
      from = newline + 1;
    }
    parts.push(Buffer.from(chunk.subarray(from, bytesRead)));
    position += bytesRead;
  }
}
