import { sha256Hex } from '@aftertrace/schema';

import { stableText } from '../json/lossless-json.ts';

/** Equal for equal values whatever the order of their keys; `undefined` for what is not known. For comparing only. */
export function contentDigest(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return sha256Hex(typeof value === 'string' ? value : stableText(value));
}
