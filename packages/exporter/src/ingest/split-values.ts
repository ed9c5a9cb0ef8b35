/** One JSON value of a text that holds several, one after another. */
export interface ValueSlice {
  /** UTF-16 units from the start of the text. */
  readonly start: number;
  readonly end: number;
}

/** The values of a text, or the first place where it is no sequence of JSON objects and arrays. */
export type SplitResult =
  | { readonly kind: 'values'; readonly slices: readonly ValueSlice[] }
  | { readonly kind: 'unexpected'; readonly offset: number }
  /** The text ends inside of a value. */
  | { readonly kind: 'cut'; readonly start: number };

const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Finds where each object or array of a text begins and ends: one value, one a line, or pretty-printed ones after one
 * another. Only brackets and strings are looked at; whether each value is JSON is for its parser to say.
 */
export function splitValues(text: string): SplitResult {
  const slices: ValueSlice[] = [];
  let offset = 0;
  for (;;) {
    offset = skipSpace(text, offset);
    if (offset === text.length) return { kind: 'values', slices };
    if (text[offset] !== '{' && text[offset] !== '[') return { kind: 'unexpected', offset };
    const end = endOfValue(text, offset);
    if (end === undefined) return { kind: 'cut', start: offset };
    slices.push({ start: offset, end });
    offset = end;
  }
}

function skipSpace(text: string, from: number): number {
  let offset = from;
  while (offset < text.length && ' \t\r\n'.includes(text.charAt(offset))) offset += 1;
  return offset;
}

function endOfValue(text: string, from: number): number | undefined {
  let depth = 0;
  let offset = from;
  while (offset < text.length) {
    switch (text.charCodeAt(offset)) {
      case QUOTE: {
        const end = endOfString(text, offset + 1);
        if (end === undefined) return undefined;
        offset = end;
        continue;
      }
      case 91:
      case 123:
        depth += 1;
        break;
      case 93:
      case 125:
        depth -= 1;
        if (depth === 0) return offset + 1;
        break;
      default:
    }
    offset += 1;
  }
  return undefined;
}

function endOfString(text: string, from: number): number | undefined {
  let offset = from;
  while (offset < text.length) {
    const code = text.charCodeAt(offset);
    if (code === QUOTE) return offset + 1;
    offset += code === BACKSLASH ? 2 : 1;
  }
  return undefined;
}

/** A place in a text as editors count: line and column from 1. */
export function placeOf(
  text: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  let line = 1;
  let lineStart = 0;
  for (;;) {
    const newline = text.indexOf('\n', lineStart);
    if (newline === -1 || newline >= offset) return { line, column: offset - lineStart + 1 };
    line += 1;
    lineStart = newline + 1;
  }
}
