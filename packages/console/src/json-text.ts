const ONE_LINE_CHARS = 90;
const MAX_INDENTED_CHARS = 100_000;
/** Indentation of what is deeper would be longer than what it indents, by far. */
const MAX_INDENTED_DEPTH = 40;

/** A value as a person reads it: on one line where it fits, else indented. */
export function jsonText(value: unknown): string {
  let line: string;
  try {
    line = JSON.stringify(value) ?? 'undefined';
  } catch {
    return '(nested too deeply to be shown)'; // A stack is not endless.
  }
  const isBroad = line.length > ONE_LINE_CHARS && line.length <= MAX_INDENTED_CHARS;
  return isBroad && depthOf(line) <= MAX_INDENTED_DEPTH
    ? JSON.stringify(value, undefined, 2)
    : line;
}

/** Of the brackets in a JSON text; those in its strings do not count. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/g)) {
    if (token === '{' || token === '[') deepest = Math.max(deepest, (depth += 1));
    else if (token === '}' || token === ']') depth -= 1;
  }
  return deepest;
}
