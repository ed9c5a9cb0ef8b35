import { crc32 } from 'node:zlib';

const MAGIC = 0x314a5441; // "ATJ1" in file order
const CRC_OFFSET = 4;
const CHECKED_FROM = 8;

/** Bytes before the body of each record. */
export const HEADER_BYTES = 24;

/** The first bytes of each record, to find the next one behind damage. */
export const RECORD_MAGIC: Uint8Array = Buffer.from('ATJ1');

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

/**
 * The header of a record: magic (4 bytes), CRC-32 of everything behind it, body included (4), body length (4),
 * signal, encoding and content encoding (1 each), a zero byte, received time (8, a double). Little endian.
 */
export function encodeHeader(record: JournalRecord): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(record.body.length, 8);
  header.writeUInt8(SIGNALS.indexOf(record.signal), 12);
  header.writeUInt8(ENCODINGS.indexOf(record.encoding), 13);
  header.writeUInt8(CONTENT_ENCODINGS.indexOf(record.contentEncoding), 14);
  header.writeDoubleLE(record.receivedAt, 16);
  header.writeUInt32LE(checksum(header, record.body), CRC_OFFSET);
  return header;
}

/** Length of the body that a header announces; `undefined` for bytes that are no header. */
export function announcedBodyBytes(header: Buffer): number | undefined {
  return header.length === HEADER_BYTES && header.readUInt32LE(0) === MAGIC
    ? header.readUInt32LE(8)
    : undefined;
}

/** The record, or `undefined` where the checksum or a field says that it is damaged. */
export function decodeRecord(header: Buffer, body: Uint8Array): JournalRecord | undefined {
  if (header.readUInt32LE(CRC_OFFSET) !== checksum(header, body)) return undefined;
  const signal = SIGNALS[header.readUInt8(12)];
  const encoding = ENCODINGS[header.readUInt8(13)];
  const contentEncoding = CONTENT_ENCODINGS[header.readUInt8(14)];
  if (signal === undefined || encoding === undefined || contentEncoding === undefined) {
    return undefined;
  }
  return { signal, encoding, contentEncoding, receivedAt: header.readDoubleLE(16), body };
}

function checksum(header: Buffer, body: Uint8Array): number {
  return crc32(body, crc32(header.subarray(CHECKED_FROM)));
}
