import {
  announcedBodyBytes,
  decodeRecord,
  HEADER_BYTES,
  RECORD_MAGIC,
  type JournalRecord,
} from './journal-record.ts';
import type { SegmentFile } from './segment-files.ts';

const SEARCH_BYTES = 1024 * 1024;

/** Bodies are chosen by strangers and may look like records: verifying look-alikes reads at most this × the file. */
const MAX_VERIFIED_RATIO = 4;

/** A stretch of bytes that holds no intact record. */
export interface DamagedRange {
  readonly offset: number;
  readonly bytes: number;
}

/** What is in a segment. */
export interface SegmentScan {
  /** Where the intact records start. */
  readonly offsets: readonly number[];
  /** Where the last intact record ends. What follows was never acknowledged, or was cut by a crash. */
  readonly intactBytes: number;
  /** Bytes behind `intactBytes`. */
  readonly tornBytes: number;
  /** Damage in front of intact records: the disk changed what had been written. */
  readonly damaged: readonly DamagedRange[];
}

/** Reads a whole segment and checks every record. Rejects when the disk cannot be read. */
export async function scanSegment(file: SegmentFile): Promise<SegmentScan> {
  const size = await file.size();
  const offsets: number[] = [];
  const damaged: DamagedRange[] = [];
  let offset = 0;
  let intactBytes = 0;
  while (offset < size) {
    const found = await readRecord(file, offset, size);
    if (found === undefined) {
      const next = await findRecord(file, offset + 1, size);
      if (next === undefined) break;
      damaged.push({ offset, bytes: next - offset });
      offset = next;
      continue;
    }
    offsets.push(offset);
    offset += found.bytes;
    intactBytes = offset;
  }
  return { offsets, intactBytes, tornBytes: size - intactBytes, damaged };
}

/** The record at an offset and its length with header, or `undefined` where there is no intact one. */
export async function readRecord(
  file: SegmentFile,
  offset: number,
  size: number,
): Promise<{ readonly record: JournalRecord; readonly bytes: number } | undefined> {
  const header = await readHeader(file, offset, size);
  if (header === undefined) return undefined;
  const body = Buffer.allocUnsafeSlow(header.bodyBytes);
  if ((await file.read(body, offset + HEADER_BYTES)) < body.length) return undefined;
  const record = decodeRecord(header.bytes, body);
  return record === undefined ? undefined : { record, bytes: HEADER_BYTES + body.length };
}

async function readHeader(
  file: SegmentFile,
  offset: number,
  size: number,
): Promise<{ readonly bytes: Buffer; readonly bodyBytes: number } | undefined> {
  const bytes = Buffer.alloc(HEADER_BYTES);
  if ((await file.read(bytes, offset)) < HEADER_BYTES) return undefined;
  const bodyBytes = announcedBodyBytes(bytes);
  if (bodyBytes === undefined || bodyBytes > size - offset - HEADER_BYTES) return undefined;
  return { bytes, bodyBytes };
}

/** The next offset, from `start` on, at which an intact record begins. */
async function findRecord(
  file: SegmentFile,
  start: number,
  size: number,
): Promise<number | undefined> {
  const chunk = Buffer.alloc(SEARCH_BYTES);
  let verifiableBytes = size * MAX_VERIFIED_RATIO;
  for (let base = start; base < size; base += SEARCH_BYTES - RECORD_MAGIC.length + 1) {
    const filled = chunk.subarray(0, await file.read(chunk, base));
    let at = filled.indexOf(RECORD_MAGIC);
    while (at !== -1) {
      const candidate = base + at;
      if ((await readRecord(file, candidate, size)) !== undefined) return candidate;
      verifiableBytes -= (await readHeader(file, candidate, size))?.bodyBytes ?? 0;
      if (verifiableBytes <= 0) return undefined;
      at = filled.indexOf(RECORD_MAGIC, at + 1);
    }
  }
  return undefined;
}
