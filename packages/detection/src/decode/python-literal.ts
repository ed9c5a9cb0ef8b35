/** Longer texts are not read as Python: that would delay the agent. In UTF-16 units. */
const MAX_CHARS = 20_000;
const MAX_DEPTH = 16;

/** Where reading stands; one object for a whole text, so that nothing is copied. */
interface Reader {
  readonly text: string;
  at: number;
}

/** Not a Python literal after all. A value and no exception: most texts in braces are none. */
const NOT_PYTHON: unique symbol = Symbol('not a Python literal');
type Literal = unknown;

const WORD = /(?:True|False|None)\b/y;
const NUMBER = /-?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,4})?/y;
const SPACE = /\s*/y;

/**
 * Reads what Python prints for a dict or a list (`{'ok': False, 'error': None}`), as tools written in Python return it
 * with `str()`. One pass, no backtracking; `undefined` for anything else.
 */
export function parsePythonLiteral(text: string): unknown {
  if (text.length > MAX_CHARS) return undefined;
  const reader: Reader = { text, at: 0 };
  const value = readValue(reader, 0);
  skipSpace(reader);
  return value === NOT_PYTHON || reader.at !== text.length ? undefined : value;
}

function readValue(reader: Reader, depth: number): Literal {
  if (depth > MAX_DEPTH) return NOT_PYTHON;
  skipSpace(reader);
  switch (reader.text[reader.at]) {
    case '{':
      return readDict(reader, depth);
    case '[':
      return readList(reader, depth, ']');
    case '(':
      return readList(reader, depth, ')');
    case "'":
    case '"':
      return readString(reader);
    default:
      return readWord(reader);
  }
}

function readDict(reader: Reader, depth: number): Literal {
  const members: [string, unknown][] = [];
  reader.at += 1;
  for (;;) {
    if (takes(reader, '}')) return Object.fromEntries(members);
    const key = readValue(reader, depth + 1);
    if ((typeof key !== 'string' && typeof key !== 'number') || !takes(reader, ':')) {
      return NOT_PYTHON;
    }
    const value = readValue(reader, depth + 1);
    if (value === NOT_PYTHON) return NOT_PYTHON;
    members.push([String(key), value]);
    if (!takes(reader, ',') && reader.text[reader.at] !== '}') return NOT_PYTHON;
  }
}

function readList(reader: Reader, depth: number, end: ']' | ')'): Literal {
  const items: unknown[] = [];
  reader.at += 1;
  for (;;) {
    if (takes(reader, end)) return items;
    const value = readValue(reader, depth + 1);
    if (value === NOT_PYTHON) return NOT_PYTHON;
    items.push(value);
    if (!takes(reader, ',') && reader.text[reader.at] !== end) return NOT_PYTHON;
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

function readString(reader: Reader): Literal {
  const { text } = reader;
  const quote = text[reader.at];
  let read = '';
  for (let at = reader.at + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === quote) {
      reader.at = at + 1;
      return read;
    }
    if (char === '\n') return NOT_PYTHON;
    if (char === '\\') {
      at += 1;
      read += ESCAPES.get(text.charAt(at)) ?? text.charAt(at);
    } else read += char;
  }
  return NOT_PYTHON;
}

function readWord(reader: Reader): Literal {
  const word = matchHere(reader, WORD);
  if (word !== undefined) return word === 'None' ? null : word === 'True';
  const number = matchHere(reader, NUMBER);
  return number === undefined ? NOT_PYTHON : Number(number);
}

function matchHere(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at;
  const match = pattern.exec(reader.text);
  if (match === null) return undefined;
  reader.at += match[0].length;
  return match[0];
}

/** Goes over space and, if it is next, over this character. */
function takes(reader: Reader, char: string): boolean {
  skipSpace(reader);
  if (reader.text[reader.at] !== char) return false;
  reader.at += 1;
  return true;
}

function skipSpace(reader: Reader): void {
  matchHere(reader, SPACE);
}
