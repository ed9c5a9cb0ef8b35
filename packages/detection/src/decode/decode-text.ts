import { outlineJson } from './json-outline.ts';
import { recoverMembers } from './recover-members.ts';
import { parsePythonLiteral } from './python-literal.ts';

/** Text that is JSON of text that is JSON … */
const MAX_DECODINGS = 8;
/** Longer texts are read in outline: a full parse would delay the agent. In UTF-16 units. */
const MAX_PARSE_CHARS = 32_000;

/** The value behind JSON text or a Python literal, however often it was encoded; other text stays as it is. */
export function decodeText(value: unknown): unknown {
  let decoded = value;
  for (let times = 0; times < MAX_DECODINGS && typeof decoded === 'string'; times += 1) {
    const parsed = parse(decoded);
    if (parsed === undefined) return decoded;
    decoded = parsed;
  }
  return decoded;
}

/** `undefined`: neither. Numbers and truth values mean the same as their text, so they stay text. */
function parse(text: string): unknown {
  if (!mayBeLiteral(text)) return undefined;
  const trimmed = text.trim();
  if (trimmed === 'null') return null;
  const first = trimmed[0];
  const last = trimmed.at(-1);
  const isContainer = (first === '{' && last === '}') || (first === '[' && last === ']');
  if (!isContainer && (first !== '"' || last !== '"' || trimmed.length < 2)) return undefined;
  if (trimmed.length > MAX_PARSE_CHARS) return outlineJson(trimmed) ?? recoverMembers(trimmed);
  try {
    return JSON.parse(trimmed) as unknown;
  } catch {
    // Text in braces that is not JSON is text, if it is not Python either.
    return isContainer ? (parsePythonLiteral(trimmed) ?? recoverMembers(trimmed)) : undefined;
  }
}

const FIRST = /[^\s]/;

/** Looks at the first character before anything is trimmed or copied. */
function mayBeLiteral(text: string): boolean {
  const first = text.charAt(0);
  return isOpening(first) || (first.trim() === '' && isOpening(FIRST.exec(text)?.[0]));
}

function isOpening(char: string | undefined): boolean {
  return char === '{' || char === '[' || char === '"' || char === 'n';
}
