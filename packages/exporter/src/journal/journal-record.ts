const SIGNALS = ['traces', 'logs'] as const;
const ENCODINGS = ['protobuf', 'json'] as const;
const CONTENT_ENCODINGS = ['identity', 'gzip', 'zstd', 'deflate'] as const;

/** One request as it was received. */
export interface JournalRecord {
  readonly signal: (typeof SIGNALS)[number];
  readonly encoding: (typeof ENCODINGS)[number];
  /** How `body` is compressed, in the names of HTTP's `Content-Encoding`. */
  readonly contentEncoding: (typeof CONTENT_ENCODINGS)[number];
  /** When the request had been received, in milliseconds since the Unix epoch. */
  readonly receivedAt: number;
  /** Must not be changed until `append` has settled. */
  readonly body: Uint8Array;
}

/** Bytes of {@link writeFields}. */
export const FIELDS_BYTES = 16;

/**
 * What stands in the header of a record of every format: body length (4 bytes), signal, encoding and content encoding
 * (1 each), a zero byte, received time (8, a double). Little endian.
 */
export function writeFields(header: Buffer, at: number, record: JournalRecord): void {
  header.writeUInt32LE(record.body.length, at);
  header.writeUInt8(SIGNALS.indexOf(record.signal), at + 4);
  header.writeUInt8(ENCODINGS.indexOf(record.encoding), at + 5);
  header.writeUInt8(CONTENT_ENCODINGS.indexOf(record.contentEncoding), at + 6);
  header.writeUInt8(0, at + 7);
  header.writeDoubleLE(record.receivedAt, at + 8);
}

/** The fields but the body; `undefined` where one of them has a value that nobody writes. */
export function readFields(header: Buffer, at: number): Omit<JournalRecord, 'body'> | undefined {
  const signal = SIGNALS[header.readUInt8(at + 4)];
  const encoding = ENCODINGS[header.readUInt8(at + 5)];
  const contentEncoding = CONTENT_ENCODINGS[header.readUInt8(at + 6)];
  if (signal === undefined || encoding === undefined || contentEncoding === undefined) {
    return undefined;
  }
  return { signal, encoding, contentEncoding, receivedAt: header.readDoubleLE(at + 8) };
}
