import { crc32 } from 'node:zlib';

import { stableText } from '../json/lossless-json.ts';

/** Texts up to this length stand for themselves. */
const SHORT = 32;
/** A longer piece of a text would be a view of it, which keeps all of it in memory for as long as the piece is known. */
const PIECE = 12;

/**
 * Equal for equal values whatever the order of their keys; `undefined` for what is not known. For comparing calls of one
 * run only: of long texts it is the length, a checksum and how they begin and end, which is quick and no secret of
 * anybody's. Holds on to nothing of the value.
 */
export function contentDigest(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? value : stableText(value);
  const { length } = text;
  if (length <= SHORT) return text;
  return `${length}:${crc32(text)}:${text.slice(0, PIECE)}:${text.slice(-PIECE)}`;
}
