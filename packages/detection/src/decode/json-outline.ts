import { readTailMembers } from './json-tail.ts';

/**
 * The outline of a long JSON text: its outer levels with their first members, long texts by head and tail, the rest
 * left out. A full parse of a megabyte would delay the agent and allocate many times its size.
 */

/** How much of a text is walked through, in UTF-16 units; what follows counts by its last members only. */
const MAX_WALK_CHARS = 500_000;
/** Containers below this level are left out. */
const MAX_DEPTH = 6;
const MAX_MEMBERS = 64;
/** Longer texts inside are kept by head and tail. */
const MAX_STRING_CHARS = 16_000;
/** Text that may itself be JSON is kept whole up to this. */
const MAX_NESTED_CHARS = MAX_WALK_CHARS;
const KEPT_CHARS = 4_000;
/** Stands for what was left out: present, not empty, says nothing. */
const LEFT_OUT = '…';

interface Walk {
  readonly text: string;
  readonly end: number;
  at: number;
  /** The budget is spent: what is open is closed as it is. */
  spent: boolean;
}

/** Not JSON, as far as it was read. */
const BROKEN: unique symbol = Symbol('not JSON');

/** The outline of a JSON text; `undefined` where the part that is read is not JSON. Linear, with a cap. */
export function outlineJson(text: string): unknown {
  const walk: Walk = { text, end: Math.min(text.length, MAX_WALK_CHARS), at: 0, spent: false };
  const value = readValue(walk, 0);
  if (value === BROKEN) return undefined;
  if (!walk.spent) {
    skipSpace(walk);
    return walk.at === text.length ? value : undefined;
  }
  return isRecord(value) ? { ...value, ...readTailMembers(text) } : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readValue(walk: Walk, depth: number): unknown {
  skipSpace(walk);
  if (isSpent(walk)) return LEFT_OUT;
  const char = walk.text[walk.at];
  if (char === '"') return readString(walk);
  if (char !== '{' && char !== '[') return readLiteral(walk);
  if (depth >= MAX_DEPTH) return skipContainer(walk);
  return char === '{' ? readObject(walk, depth) : readArray(walk, depth);
}

function readObject(walk: Walk, depth: number): unknown {
  const members: [string, unknown][] = [];
  walk.at += 1;
  if (takes(walk, '}')) return {};
  for (;;) {
    skipSpace(walk);
    if (isSpent(walk)) break;
    const key = walk.text[walk.at] === '"' ? readString(walk) : BROKEN;
    if (typeof key !== 'string') return BROKEN;
    if (walk.spent) break;
    if (!takes(walk, ':')) return walk.spent ? Object.fromEntries(members) : BROKEN;
    const value = members.length < MAX_MEMBERS ? readValue(walk, depth + 1) : skipValue(walk);
    if (value === BROKEN) return BROKEN;
    if (members.length < MAX_MEMBERS) members.push([key, value]);
    if (takes(walk, '}') || walk.spent) break;
    if (!takes(walk, ',')) return BROKEN;
  }
  return Object.fromEntries(members);
}

function readArray(walk: Walk, depth: number): unknown {
  const items: unknown[] = [];
  walk.at += 1;
  if (takes(walk, ']')) return items;
  for (;;) {
    const value = items.length < MAX_MEMBERS ? readValue(walk, depth + 1) : skipValue(walk);
    if (value === BROKEN) return BROKEN;
    if (items.length < MAX_MEMBERS) items.push(value);
    if (takes(walk, ']') || walk.spent) return items;
    if (!takes(walk, ',')) return BROKEN;
  }
}

const LITERAL = /true|false|null|-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,10})?/y;

function readLiteral(walk: Walk): unknown {
  LITERAL.lastIndex = walk.at;
  const match = LITERAL.exec(walk.text);
  if (match === null) return BROKEN;
  walk.at += match[0].length;
  return JSON.parse(match[0]) as unknown;
}

/** The end of a JSON text that begins at `start`: the place of its closing quote, or -1. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return -1;
}

function readString(walk: Walk): unknown {
  const start = walk.at;
  const end = endOfString(walk.text, start);
  if (end === -1) return BROKEN;
  walk.at = end + 1;
  const chars = end - start - 1;
  const first = walk.text[start + 1];
  const limit = first === '{' || first === '[' ? MAX_NESTED_CHARS : MAX_STRING_CHARS;
  return chars <= limit
    ? decode(walk.text.slice(start, end + 1))
    : headAndTail(walk.text, start, end);
}

/** Cut where there is space: it is never part of an escape. */
function headAndTail(text: string, start: number, end: number): unknown {
  const head = text.slice(start, start + KEPT_CHARS);
  const tail = text.slice(end - KEPT_CHARS, end);
  const headEnd = head.lastIndexOf(' ');
  const tailStart = tail.indexOf(' ');
  const first = headEnd === -1 ? '' : decode(`${head.slice(0, headEnd)}"`);
  const last = tailStart === -1 ? '' : decode(`"${tail.slice(tailStart)}"`);
  return first === BROKEN || last === BROKEN
    ? BROKEN
    : `${String(first)}\n${LEFT_OUT}\n${String(last)}`;
}

function decode(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    // A control character or an unknown escape: this is not JSON.
    return BROKEN;
  }
}

function skipValue(walk: Walk): unknown {
  skipSpace(walk);
  if (isSpent(walk)) return LEFT_OUT;
  const char = walk.text[walk.at];
  if (char === '{' || char === '[') return skipContainer(walk);
  if (char !== '"') return readLiteral(walk);
  const end = endOfString(walk.text, walk.at);
  if (end === -1) return BROKEN;
  walk.at = end + 1;
  return LEFT_OUT;
}

const QUOTE = 0x22;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Goes over a container; nothing in it is kept, and only its brackets and texts are looked at. */
function skipContainer(walk: Walk): unknown {
  const { text, end } = walk;
  let depth = 0;
  for (let at = walk.at; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      if (at === -1) return BROKEN;
    } else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      depth += 1;
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) {
      depth -= 1;
      if (depth === 0) {
        walk.at = at + 1;
        return LEFT_OUT;
      }
    }
  }
  walk.spent = end < text.length;
  return walk.spent ? LEFT_OUT : BROKEN;
}

function isSpent(walk: Walk): boolean {
  if (walk.at >= walk.end && walk.end < walk.text.length) walk.spent = true;
  return walk.spent;
}

function takes(walk: Walk, char: string): boolean {
  skipSpace(walk);
  if (isSpent(walk) || walk.text[walk.at] !== char) return false;
  walk.at += 1;
  return true;
}

const SPACE = /[ \t\r\n]*/y;

function skipSpace(walk: Walk): void {
  SPACE.lastIndex = walk.at;
  SPACE.exec(walk.text);
  walk.at = SPACE.lastIndex;
}
