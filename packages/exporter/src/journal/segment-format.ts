import type { JournalRecord } from './journal-record.ts';

/** A record as it was read: its header, what follows it, and where in the segment it starts. */
export interface StoredRecord {
  readonly header: Buffer;
  readonly body: Buffer;
  readonly offset: number;
}

/** A part of a record's body as the disk has it. */
export interface StoredPart {
  /** Where in the segment the record starts. */
  readonly offset: number;
  /** Bytes of the body in front of this part. */
  readonly start: number;
  /** Read from the disk; becomes what it was before it was written. */
  readonly target: Uint8Array;
}

/** How the records of one segment stand on disk. */
export interface SegmentFormat {
  /** In front of the first record; written together with it. */
  readonly head: Uint8Array;
  /** Of each record, in front of its body; a body is as long on disk as it was. */
  readonly headerBytes: number;
  /** The first bytes of each record, to find the next one behind damage. */
  readonly magic: Uint8Array;
  /** Header and body of a record that will start at an offset. */
  encode(record: JournalRecord, offset: number): readonly [header: Uint8Array, body: Uint8Array];
  /** Length of the body that a header announces; `undefined` for bytes that are no header. */
  announcedBodyBytes(header: Buffer): number | undefined;
  /** The record, or `undefined` where it is damaged or was changed. */
  decode(stored: StoredRecord): JournalRecord | undefined;
  reveal(part: StoredPart): void;
}
