import type { FileHandle } from 'node:fs/promises';

import { expect, it } from 'vitest';

import { createBufferPool, encodeLines, writeLines } from './write-lines.ts';

/** A file in memory, and how long each write to it was. */
function fileInMemory(bytes: Buffer): { readonly file: FileHandle; readonly writes: number[] } {
  const writes: number[] = [];
  const write = async (from: Buffer, start: number, length: number, position: number) => {
    writes.push(length);
    from.copy(bytes, position, start, start + length);
    return { bytesWritten: length };
  };
  return { file: { write } as unknown as FileHandle, writes };
}

const MIB = 2 ** 20;
/** Signs of one, two, three and four bytes. */
const PIECE = 'aé—\u{1F600}'.repeat(5000);

it('writes a long line about a megabyte at a time, among others', async () => {
  const lines = [
    { pieces: ['{"short":1}'] },
    { pieces: ['[', ...Array.from({ length: 100 }, () => PIECE), ']'] },
    { pieces: [PIECE.repeat(20), ',', PIECE] },
    { pieces: ['{"last":2}'] },
  ];
  const { bytes, lengths } = encodeLines(lines);
  const target = Buffer.alloc(bytes.length + 7);
  const { file, writes } = fileInMemory(target);
  expect(await writeLines(file, 7, { lines, pool: createBufferPool() })).toEqual(lengths);
  expect(target.subarray(7).equals(bytes)).toBe(true);
  expect(Math.max(...writes)).toBeLessThanOrEqual(MIB);
});
