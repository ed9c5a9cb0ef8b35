import { journalKeys, type JournalEncryption } from './journal-keys.ts';
import { PLAIN_FORMAT } from './plain-format.ts';
import { HEAD_BYTES, newSealedFormat, readSealedHead, type SealedHead } from './sealed-format.ts';
import type { SegmentFile } from './segment-files.ts';
import type { SegmentFormat } from './segment-format.ts';

/** How a segment that is there can be read, if it can. */
export type FoundFormat =
  | { readonly kind: 'readable'; readonly format: SegmentFormat }
  | Extract<SealedHead, { kind: 'key_missing' | 'damaged' }>;

/**
 * Whether a segment begins with what neither format nor a write that was cut short gives: it may be a sealed one whose
 * head was changed, and without records that can be read nothing of it may be cut off.
 */
export async function isForeign(file: SegmentFile): Promise<boolean> {
  const { magic } = PLAIN_FORMAT;
  const first = (await headOf(file)).subarray(0, magic.length);
  return first.length === magic.length && !first.equals(magic) && first.some((byte) => byte !== 0);
}

/** The formats of a journal: segments say by their first bytes which one they have. */
export interface SegmentFormats {
  /** Of the records of new segments. */
  readonly headerBytes: number;
  forNew(): SegmentFormat;
  /** Rejects where the disk cannot be read. */
  of(file: SegmentFile): Promise<FoundFormat>;
}

/** @throws ExporterError `journal_key_unusable` */
export function createSegmentFormats(encryption: JournalEncryption | undefined): SegmentFormats {
  const keys = journalKeys(encryption);
  const [key] = keys;
  const forNew = (): SegmentFormat => (key === undefined ? PLAIN_FORMAT : newSealedFormat(key));
  return {
    headerBytes: forNew().headerBytes,
    forNew,
    async of(file) {
      const found = readSealedHead(await headOf(file), keys);
      switch (found.kind) {
        case 'sealed':
          return { kind: 'readable', format: found.format };
        case 'not_sealed':
          return { kind: 'readable', format: PLAIN_FORMAT };
        default:
          return found;
      }
    },
  };
}

/** The first bytes of a segment; fewer where it has fewer. */
export async function headOf(file: SegmentFile): Promise<Buffer> {
  const head = Buffer.alloc(HEAD_BYTES);
  return head.subarray(0, await file.read(head, 0));
}
