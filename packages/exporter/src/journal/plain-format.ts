import { crc32 } from 'node:zlib';
import { FIELDS_BYTES, readFields, writeFields, type JournalRecord } from './journal-record.ts';
import type { SegmentFormat } from './segment-format.ts';

const MAGIC = Buffer.from('ATJ1');
const CRC_OFFSET = MAGIC.length;
const CHECKED_FROM = CRC_OFFSET + 4;

/** Bytes before the body of each record. */
export const HEADER_BYTES = CHECKED_FROM + FIELDS_BYTES;

/** Bodies as they are. A header: magic, CRC-32 of everything behind it, body included (4 bytes), fields. */
export const PLAIN_FORMAT: SegmentFormat = {
  head: new Uint8Array(),
  headerBytes: HEADER_BYTES,
  magic: MAGIC,
  encode: (record) => [encodeHeader(record), record.body],
  announcedBodyBytes: (header) =>
    header.length === HEADER_BYTES && header.subarray(0, CRC_OFFSET).equals(MAGIC)
      ? header.readUInt32LE(CHECKED_FROM)
      : undefined,
  decode({ header, body }) {
    if (header.readUInt32LE(CRC_OFFSET) !== checksum(header, body)) return undefined;
    const fields = readFields(header, CHECKED_FROM);
    return fields && { ...fields, body };
  },
  reveal: () => undefined,
};

export function encodeHeader(record: JournalRecord): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  writeFields(header, CHECKED_FROM, record);
  header.writeUInt32LE(checksum(header, record.body), CRC_OFFSET);
  return header;
}

function checksum(header: Buffer, body: Uint8Array): number {
  return crc32(body, crc32(header.subarray(CHECKED_FROM)));
}
