import { readFile } from 'node:fs/promises';

/** The whole lines of a file and where they end. */
export interface WholeLines {
  readonly lines: readonly string[];
  /** Bytes up to and with the last newline; anything behind it is a torn line. */
  readonly wholeBytes: number;
  /** Whether something stood behind the last newline. */
  readonly torn: boolean;
}

/** Reads a file of lines; one that does not exist is empty. A last line without its newline is left out. */
export async function readWholeLines(path: string): Promise<WholeLines> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return { lines: [], wholeBytes: 0, torn: false };
    }
    throw error;
  }
  const wholeBytes = bytes.lastIndexOf(0x0a) + 1;
  const text = bytes.subarray(0, wholeBytes).toString('utf8');
  return {
    lines: wholeBytes === 0 ? [] : text.slice(0, -1).split('\n'),
    wholeBytes,
    torn: wholeBytes < bytes.length,
  };
}
