import type { JournalRecord } from './journal-record.ts';
import type { SegmentFile } from './segment-files.ts';
import type { SegmentFormat } from './segment-format.ts';

/** A segment and how its records stand in it. */
export interface ReadableSegment {
  readonly file: SegmentFile;
  readonly format: SegmentFormat;
  readonly size: number;
}

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
export async function scanSegment(segment: ReadableSegment): Promise<SegmentScan> {
  const { format, size } = segment;
  const offsets: number[] = [];
  const damaged: DamagedRange[] = [];
  let offset = format.head.length;
  let intactBytes = 0;
  while (offset < size) {
    const found = await readRecord(segment, offset);
    if (found === undefined) {
      const next = await findRecord(segment, offset + 1);
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
  segment: ReadableSegment,
  offset: number,
): Promise<{ readonly record: JournalRecord; readonly bytes: number } | undefined> {
  const { file, format } = segment;
  const header = await readHeader(segment, offset);
  if (header === undefined) return undefined;
  const body = Buffer.allocUnsafeSlow(header.bodyBytes);
  if ((await file.read(body, offset + format.headerBytes)) < body.length) return undefined;
  const record = format.decode({ header: header.bytes, body, offset });
  return record === undefined ? undefined : { record, bytes: format.headerBytes + body.length };
}

async function readHeader(
  { file, format, size }: ReadableSegment,
  offset: number,
): Promise<{ readonly bytes: Buffer; readonly bodyBytes: number } | undefined> {
  const bytes = Buffer.alloc(format.headerBytes);
  if ((await file.read(bytes, offset)) < format.headerBytes) return undefined;
  const bodyBytes = format.announcedBodyBytes(bytes);
  if (bodyBytes === undefined || bodyBytes > size - offset - format.headerBytes) return undefined;
  return { bytes, bodyBytes };
}

/** The next offset, from `start` on, at which an intact record begins. */
async function findRecord(segment: ReadableSegment, start: number): Promise<number | undefined> {
  const { file, format, size } = segment;
  const { magic } = format;
  const chunk = Buffer.alloc(SEARCH_BYTES);
  let verifiableBytes = size * MAX_VERIFIED_RATIO;
  for (let base = start; base < size; base += SEARCH_BYTES - magic.length + 1) {
    const filled = chunk.subarray(0, await file.read(chunk, base));
    let at = filled.indexOf(magic);
    while (at !== -1) {
      const candidate = base + at;
      if ((await readRecord(segment, candidate)) !== undefined) return candidate;
      verifiableBytes -= (await readHeader(segment, candidate))?.bodyBytes ?? 0;
      if (verifiableBytes <= 0) return undefined;
      at = filled.indexOf(magic, at + 1);
    }
  }
  return undefined;
}
