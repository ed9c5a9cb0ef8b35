import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { JournalKey } from './journal-keys.ts';
import { KEY_ID_BYTES } from './journal-keys.ts';
import { FIELDS_BYTES, readFields, writeFields } from './journal-record.ts';
import type { SegmentFormat } from './segment-format.ts';

const SEGMENT_MAGIC = Buffer.from('ATJS\u0001\0\0\0');
const RECORD_MAGIC = Buffer.from('ATJ2');
const SALT_BYTES = 32;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const BLOCK_BYTES = 16;
const SALT_OFFSET = SEGMENT_MAGIC.length + KEY_ID_BYTES;
const HEAD_TAG_OFFSET = SALT_OFFSET + SALT_BYTES;
const TAG_OFFSET = RECORD_MAGIC.length + FIELDS_BYTES;
const HEADER_BYTES = TAG_OFFSET + TAG_BYTES;
/** No record starts there. */
const HEAD_NONCE = Buffer.alloc(NONCE_BYTES, 0xff);

/** Bytes in front of the first record of a sealed segment. */
export const HEAD_BYTES = HEAD_TAG_OFFSET + TAG_BYTES;

/**
 * Encrypted records. The head of a segment: magic and version (8 bytes), id of the master key (8), salt (32), tag over
 * all that (16). A record: magic (4), fields (16), tag (16), body. Each segment has a key of its own, by HKDF-SHA-256
 * from the master key and the salt; its records are AES-256-GCM with their offset as nonce, magic and fields as
 * additional data. A segment is never written to again at an offset that was written, so no nonce comes twice.
 */
export function newSealedFormat(key: JournalKey): SegmentFormat {
  const head = Buffer.alloc(HEAD_BYTES);
  SEGMENT_MAGIC.copy(head);
  head.set(key.id, SEGMENT_MAGIC.length);
  head.set(randomBytes(SALT_BYTES), SALT_OFFSET);
  const segmentKey = segmentKeyOf(key, head);
  head.set(headTag(segmentKey, head), HEAD_TAG_OFFSET);
  return sealedFormat(segmentKey, head);
}

/** What the first bytes of a segment say. */
export type SealedHead =
  | { readonly kind: 'sealed'; readonly format: SegmentFormat }
  /** Sealed with a key that nobody gave, by its id. */
  | { readonly kind: 'key_missing'; readonly keyId: string }
  /** Sealed with a key that is known, and changed since. */
  | { readonly kind: 'damaged' }
  | { readonly kind: 'not_sealed' };

export function readSealedHead(head: Buffer, keys: readonly JournalKey[]): SealedHead {
  if (head.length < HEAD_BYTES) return { kind: 'not_sealed' };
  const keyId = head.subarray(SEGMENT_MAGIC.length, SALT_OFFSET);
  const key = keys.find(({ id }) => keyId.equals(id));
  const hasMagic = head.subarray(0, SEGMENT_MAGIC.length).equals(SEGMENT_MAGIC);
  if (key === undefined) {
    return hasMagic
      ? { kind: 'key_missing', keyId: keyId.toString('hex') }
      : { kind: 'not_sealed' };
  }
  const segmentKey = segmentKeyOf(key, head);
  const isIntact = hasMagic && headTag(segmentKey, head).equals(head.subarray(HEAD_TAG_OFFSET));
  return isIntact
    ? { kind: 'sealed', format: sealedFormat(segmentKey, head) }
    : { kind: 'damaged' };
}

/** For counting records without their key: nothing is decrypted and no tag is looked at. */
export const SEALED_STRUCTURE: SegmentFormat = {
  ...layout(Buffer.alloc(HEAD_BYTES)),
  encode: () => {
    throw new Error('records cannot be written without a key');
  },
  decode({ header, body }) {
    const fields = readFields(header, RECORD_MAGIC.length);
    return fields && { ...fields, body };
  },
  reveal: () => undefined,
};

function sealedFormat(segmentKey: Buffer, head: Buffer): SegmentFormat {
  return {
    ...layout(head),
    encode(record, offset) {
      const header = Buffer.alloc(HEADER_BYTES);
      RECORD_MAGIC.copy(header);
      writeFields(header, RECORD_MAGIC.length, record);
      const cipher = createCipheriv('aes-256-gcm', segmentKey, nonceOf(offset));
      cipher.setAAD(header.subarray(0, TAG_OFFSET));
      const body = cipher.update(record.body);
      cipher.final();
      header.set(cipher.getAuthTag(), TAG_OFFSET);
      return [header, body];
    },
    decode({ header, body, offset }) {
      const fields = readFields(header, RECORD_MAGIC.length);
      if (fields === undefined) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', segmentKey, nonceOf(offset), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(header.subarray(0, TAG_OFFSET));
      decipher.setAuthTag(header.subarray(TAG_OFFSET));
      const plain = decipher.update(body);
      try {
        decipher.final();
      } catch {
        return undefined; // The tag says that something was changed.
      }
      return { ...fields, body: plain };
    },
    reveal({ offset, start, target }) {
      // GCM encrypts as CTR does, from the second block on (NIST SP 800-38D, 7.1): so a part can be read alone.
      const counter = Buffer.alloc(BLOCK_BYTES);
      nonceOf(offset).copy(counter);
      counter.writeUInt32BE(2 + Math.floor(start / BLOCK_BYTES), NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-ctr', segmentKey, counter);
      decipher.update(Buffer.alloc(start % BLOCK_BYTES));
      target.set(decipher.update(target));
    },
  };
}

function layout(head: Buffer): Omit<SegmentFormat, 'encode' | 'decode' | 'reveal'> {
  return {
    head,
    headerBytes: HEADER_BYTES,
    magic: RECORD_MAGIC,
    announcedBodyBytes: (header) =>
      header.length === HEADER_BYTES && header.subarray(0, RECORD_MAGIC.length).equals(RECORD_MAGIC)
        ? header.readUInt32LE(RECORD_MAGIC.length)
        : undefined,
  };
}

function segmentKeyOf({ secret }: JournalKey, head: Buffer): Buffer {
  const salt = head.subarray(SALT_OFFSET, HEAD_TAG_OFFSET);
  return Buffer.from(hkdfSync('sha256', secret, salt, 'aftertrace journal segment v1', 32));
}

function headTag(segmentKey: Buffer, head: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', segmentKey, HEAD_NONCE);
  cipher.setAAD(head.subarray(0, HEAD_TAG_OFFSET));
  cipher.final();
  return cipher.getAuthTag();
}

function nonceOf(offset: number): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeBigUInt64BE(BigInt(offset), NONCE_BYTES - 8);
  return nonce;
}
