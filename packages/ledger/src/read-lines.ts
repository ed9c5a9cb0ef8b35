import { createReadStream } from 'node:fs';

/** One line of a ledger file, without its line feed. */
export interface RawLine {
  readonly bytes: Buffer;
  /** Offset of its first byte in the file. */
  readonly offset: number;
  /** `false` for a last line without a line feed: the write was cut short. */
  readonly terminated: boolean;
}

/** Which part of a file to read. */
export interface FilePart {
  /** A descriptor of the file that is open, and is closed in the end; absent: the file is opened by its path. */
  readonly fd?: number;
  /** Offset of the first byte, which begins a line. Default 0. */
  readonly start?: number;
  /** Offset behind the last byte; absent: to the end of the file. */
  readonly end?: number;
}

/** Few reads and few awaits: a ledger of a million lines is read whole at every start. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * The lines of a file, many at a time, split at line feeds only (JSON may hold U+2028, which other splitters take for a
 * line end). The bytes are good until the next batch is asked for, and longer where they are copied.
 *
 * @param part What to read; absent: all of it.
 */
export async function* readLineBatches(
  path: string,
  part: FilePart = {},
): AsyncGenerator<readonly RawLine[]> {
  const { fd, start = 0, end } = part;
  if (end === start && fd === undefined) return;
  const stream = createReadStream(path, {
    highWaterMark: CHUNK_BYTES,
    start,
    ...(fd === undefined ? {} : { fd }),
    ...(end === undefined ? {} : { end: end - 1 }),
  });
  let rest: Buffer[] = [];
  let offset = start;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const lines: RawLine[] = [];
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const part = chunk.subarray(from, at);
      const bytes = rest.length === 0 ? part : Buffer.concat([...rest, part]);
      lines.push({ bytes, offset, terminated: true });
      offset += bytes.length + 1;
      rest = [];
      from = at + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
    if (lines.length > 0) yield lines;
  }
  if (rest.length > 0) yield [{ bytes: Buffer.concat(rest), offset, terminated: false }];
}

/** The lines of a ledger as they are stored, without their line feeds; a last one that is being written is left out. */
export async function* readLedgerLines(path: string): AsyncGenerator<string> {
  for await (const lines of readLineBatches(path)) {
    for (const { bytes, terminated } of lines) if (terminated) yield bytes.toString('utf8');
  }
}
