import type { Transform } from '@aftertrace/schema';

import { viewOf } from './json-view.ts';
import { lookUp, parsePointer, replaceAt } from './pointer.ts';

/** A value after transforms. */
export interface TransformedValue {
  /** The same object as before where nothing was changed. */
  readonly value: unknown;
  /** JSON pointers of the values that were set and were different before. */
  readonly paths: readonly string[];
}

/**
 * Sets values in order, without changing what was given. Members and objects that are missing on the way are made.
 * Where the value is JSON text and something was set, JSON text comes back.
 *
 * @throws TypeError where a pointer leads through a scalar or outside of a list, and what getters of the value throw.
 */
export function applyTransforms(
  value: unknown,
  transforms: readonly Transform[],
): TransformedValue {
  if (transforms.length === 0) return { value, paths: [] };
  let current = viewOf(value);
  const paths: string[] = [];
  for (const { pointer, set } of transforms) {
    const tokens = parsePointer(pointer);
    if (tokens === undefined) throw new TypeError('a transform has no JSON pointer (RFC 6901)');
    const before = lookUp(current, tokens);
    if (before.found && before.value === set) continue;
    current = replaceAt(current, tokens, Array.isArray(set) ? [...set] : set);
    paths.push(pointer);
  }
  if (paths.length === 0) return { value, paths };
  const asText = typeof value === 'string' && typeof current !== 'string';
  return { value: asText ? JSON.stringify(current) : current, paths: [...new Set(paths)] };
}
