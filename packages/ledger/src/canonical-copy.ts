import { canonicalJson } from '@aftertrace/schema';

/** A value as JSON has it, and its RFC 8785 text. */
export interface CanonicalCopy {
  /** A copy that shares nothing with the value; what parsing the text gives. */
  readonly copy: unknown;
  readonly text: string;
}

/**
 * Takes a value as it is now. For plain data (nearly everything that is recorded) a copy with sorted names goes through
 * `JSON.stringify`, in half the time of the library; what has any peculiarity goes through the library.
 *
 * @throws TypeError or Error as `canonicalJson` for what has no canonical form.
 */
export function canonicalCopy(value: unknown): CanonicalCopy {
  const copy = plainCopy(value, 0);
  if (copy !== PECULIAR) return { copy, text: JSON.stringify(copy) };
  const text = canonicalJson(value);
  return { copy: JSON.parse(text) as unknown, text };
}

const PECULIAR: unique symbol = Symbol('peculiar');
/** Deeper values, and with them circles, are the library's. */
const MAX_DEPTH = 32;

function plainCopy(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? value : PECULIAR;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : PECULIAR;
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return null;
      if (depth > MAX_DEPTH) return PECULIAR;
      if (Array.isArray(value)) return plainList(value, depth);
      return plainObject(value, depth);
    default:
      return PECULIAR;
  }
}

function plainList(list: readonly unknown[], depth: number): unknown {
  const copy: unknown[] = [];
  // By index, so that holes are seen: they are `undefined` here.
  for (let index = 0; index < list.length; index += 1) {
    const item = plainCopy(list[index], depth + 1);
    if (item === PECULIAR) return PECULIAR;
    copy.push(item);
  }
  return copy;
}

function plainObject(value: object, depth: number): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) return PECULIAR;
  const copy: Record<string, unknown> = {};
  const source = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(value).sort()) {
    // Names that look like numbers come first in every object, whatever the order in which they were set.
    if (startsWithDigit(name) || name === '__proto__' || !name.isWellFormed()) return PECULIAR;
    const member = source[name];
    if (member === undefined) continue;
    const taken = plainCopy(member, depth + 1);
    if (taken === PECULIAR) return PECULIAR;
    copy[name] = taken;
  }
  return copy;
}

function startsWithDigit(name: string): boolean {
  const code = name.charCodeAt(0);
  return code >= 48 && code <= 57;
}
