import { createReadStream } from 'node:fs';

/** One line of a ledger file, without its line feed. */
export interface RawLine {
  readonly bytes: Buffer;
  /** Offset of its first byte in the file. */
  readonly offset: number;
  /** `false` for a last line without a line feed: the write was cut short. */
  readonly terminated: boolean;
}

/**
 * The lines of a file, split at line feeds only (JSON may hold U+2028, which other splitters take for a line end).
 *
 * @param end Read no further than this offset, exclusive; absent: to the end of the file.
 */
export async function* readLines(path: string, end?: number): AsyncGenerator<RawLine> {
  if (end === 0) return;
  const stream = createReadStream(path, end === undefined ? {} : { end: end - 1 });
  let rest: Buffer[] = [];
  let offset = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const bytes = Buffer.concat([...rest, chunk.subarray(from, at)]);
      yield { bytes, offset, terminated: true };
      offset += bytes.length + 1;
      rest = [];
      from = at + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) yield { bytes: Buffer.concat(rest), offset, terminated: false };
}
