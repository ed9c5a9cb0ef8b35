/**
 * JSON in which integers keep every digit. An integer that a double cannot hold becomes a `bigint` on the way in and
 * its own digits again on the way out; everything else is as `JSON.parse` and `JSON.stringify` have it.
 */

import { wellFormed } from './well-formed.ts';

type SourceReviver = (
  key: string,
  value: unknown,
  context: { readonly source?: string },
) => unknown;

// TypeScript's library does not know the parse-with-source proposal yet; Node 22 and later implement it.
const parseWithSource = JSON.parse as (text: string, reviver: SourceReviver) => unknown;
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

const INTEGER = /^-?\d+$/;

function reviveExactly(
  _key: string,
  value: unknown,
  context: { readonly source?: string },
): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value;
  if (Number.isSafeInteger(value) || !INTEGER.test(context.source)) return value;
  return BigInt(context.source);
}

/**
 * Parses JSON text without losing digits of integers. Halves of surrogate pairs, which JSON can escape and no encoding
 * can hold, become U+FFFD.
 *
 * @throws SyntaxError as `JSON.parse` does, RangeError for nesting beyond the stack.
 */
export function parseLossless(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const exact = hasLongNumber(value) ? parseWithSource(text, reviveExactly) : value;
  return text.includes('\\ud') || text.includes('\\uD') ? wellFormed(exact) : exact;
}

/** Whether a number is beyond what a double counts exactly: then it has other digits than the text. */
function hasLongNumber(value: unknown): boolean {
  if (typeof value === 'number') return !(Math.abs(value) <= Number.MAX_SAFE_INTEGER);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasLongNumber);
  for (const key in value) {
    if (hasLongNumber((value as Readonly<Record<string, unknown>>)[key])) return true;
  }
  return false;
}

/** Like {@link parseLossless}; `undefined` where the text is no JSON. */
export function tryParseLossless(text: string): unknown {
  try {
    return parseLossless(text);
  } catch {
    return undefined; // Not JSON: the caller keeps the text as it is.
  }
}

function writeExactly(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? rawJSON(value.toString()) : value;
}

/** JSON text of a value; `bigint`s are written as plain integers. `undefined` yields `null`. */
export function stringifyLossless(value: unknown): string {
  return JSON.stringify(value, writeExactly) ?? 'null';
}

const MAX_DEPTH = 100;

/**
 * A text that is equal for equal values whatever the order of their keys: a key for comparing, never for storing.
 * Values nested deeper than 100 levels count as equal.
 */
export function stableText(value: unknown): string {
  return isInOrder(value, 0) ? JSON.stringify(value) : orderedText(value, 0);
}

/** Whether the engine's own text of the value is the stable one: its keys come in their order, at every level. */
function isInOrder(value: unknown, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'number') return true;
  if (typeof value !== 'object' || value === null)
    return typeof value === 'boolean' || value === null;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isInOrder(item, depth + 1));
  let before: string | undefined;
  for (const key of Object.keys(value)) {
    if (before !== undefined && before > key) return false;
    if (!isInOrder((value as Readonly<Record<string, unknown>>)[key], depth + 1)) return false;
    before = key;
  }
  return true;
}

function orderedText(value: unknown, depth: number): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (depth > MAX_DEPTH) return '"…"';
  if (Array.isArray(value))
    return `[${value.map((item) => orderedText(item, depth + 1)).join(',')}]`;
  let text = '';
  for (const key of sorted(Object.keys(value))) {
    const item = (value as Readonly<Record<string, unknown>>)[key];
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${orderedText(item, depth + 1)}`;
  }
  return `{${text}}`;
}

/** Keys beyond this many are left to the engine, whose way makes copies of the list. */
const FEW_KEYS = 16;

/** The keys in order, in place. */
function sorted(keys: string[]): string[] {
  if (keys.length > FEW_KEYS) return keys.sort();
  for (let index = 1; index < keys.length; index += 1) {
    const key = keys[index] as string;
    let at = index;
    for (; at > 0 && (keys[at - 1] as string) > key; at -= 1) keys[at] = keys[at - 1] as string;
    keys[at] = key;
  }
  return keys;
}
