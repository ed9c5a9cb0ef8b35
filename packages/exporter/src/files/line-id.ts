import { hash } from 'node:crypto';

const NATIVE = /^traj_[0-9a-f]{32}$/;
const ID_BYTES = 16;

/** A trajectory id as 16 bytes: the digits of an id of ours, else 128 bits of the id's SHA-256. */
export interface LineId {
  readonly bytes: Buffer;
  /** The id can be had back from its bytes. */
  readonly native: boolean;
}

/** The bytes that stand for an id in the index. */
export function lineId(trajectoryId: string): LineId {
  if (NATIVE.test(trajectoryId))
    return { bytes: Buffer.from(trajectoryId.slice(5), 'hex'), native: true };
  return { bytes: hashBytes(trajectoryId).subarray(0, ID_BYTES), native: false };
}

/** The id of bytes that {@link lineId} calls native. */
export function nativeId(bytes: Buffer): string {
  return `traj_${bytes.toString('hex')}`;
}

/** 64 bits of a text's SHA-256 as two words, for finding it again; never zero, which stands for "none". */
export function textHash(text: string): readonly [number, number] {
  const hash = hashBytes(text);
  return [hash.readUInt32LE(0) | 1, hash.readUInt32LE(4)].map((word) => word >>> 0) as [
    number,
    number,
  ];
}

function hashBytes(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
