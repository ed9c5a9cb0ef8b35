import { createReadStream } from 'node:fs';

/** One line of a ledger file, without its line feed. */
export interface RawLine {
  readonly bytes: Buffer;
  /** Offset of its first byte in the file. */
  readonly offset: number;
  /** `false` for a last line without a line feed: the write was cut short. */
  readonly terminated: boolean;
}

/** Few reads and few awaits: a ledger of a million lines is read whole at every start. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * The lines of a file, many at a time, split at line feeds only (JSON may hold U+2028, which other splitters take for a
 * line end). The bytes are good until the next batch is asked for, and longer where they are copied.
 *
 * @param end Read no further than this offset, exclusive; absent: to the end of the file.
 */
export async function* readLineBatches(
  path: string,
  end?: number,
): AsyncGenerator<readonly RawLine[]> {
  if (end === 0) return;
  const stream = createReadStream(path, {
    highWaterMark: CHUNK_BYTES,
    ...(end === undefined ? {} : { end: end - 1 }),
  });
  let rest: Buffer[] = [];
  let offset = 0;
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

/** The same, one at a time. */
export async function* readLines(path: string, end?: number): AsyncGenerator<RawLine> {
  for await (const lines of readLineBatches(path, end)) yield* lines;
}

/** The lines of a ledger as they are stored, without their line feeds; a last one that is being written is left out. */
export async function* readLedgerLines(path: string): AsyncGenerator<string> {
  for await (const lines of readLineBatches(path)) {
    for (const { bytes, terminated } of lines) if (terminated) yield bytes.toString('utf8');
  }
}
