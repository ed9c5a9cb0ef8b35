import { MalformedInput } from './decode-result.ts';
import { jsonErrorOffset } from './json-error-offset.ts';

/** Finds integer literals that a double may not hold. Also finds some inside strings: that only costs time. */
const LONG_INTEGER = /[[:,\s]-?\d{16,}(?![\d.eE])/;
const INTEGER = /^-?\d{16,40}$/;

/**
 * `JSON.parse`, but integers beyond 2^53 come as `bigint` (up to 40 digits: 128-bit ids are written so by some
 * senders). Throws `MalformedInput` with the offset in characters.
 */
export function parseExactJson(text: string): unknown {
  try {
    if (!LONG_INTEGER.test(text)) return JSON.parse(text) as unknown;
    // The third argument is in every supported Node (V8 11.4 on) but not yet in TypeScript's types.
    return JSON.parse(text, exactInteger as (key: string, value: unknown) => unknown) as unknown;
  } catch (error) {
    if (error instanceof RangeError) {
      throw new MalformedInput('the JSON is nested too deeply', {});
    }
    if (!(error instanceof SyntaxError)) throw error;
    const offset = jsonErrorOffset(text) ?? text.length;
    throw new MalformedInput(`the body is not valid JSON (character ${offset})`, { offset });
  }
}

function exactInteger(
  _key: string,
  value: unknown,
  context: { readonly source?: string },
): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const { source } = context;
  return source !== undefined && INTEGER.test(source) ? BigInt(source) : value;
}
