import { DETECTORS, isCardNumber, type Detector } from './detectors.ts';
import { isSensitiveKey } from './sensitive-keys.ts';

/** Name and version of the rules, as it stands in every line. */
export const REDACTION_POLICY = 'aftertrace-default/1';

/** Removes secrets and personal data from one line's content, and counts what it removed. */
export interface Redactor {
  text(text: string): string;
  /** A copy of the value with every string in it redacted and the values of telling keys removed. */
  value(value: unknown): unknown;
  /** How many of each kind were removed so far. */
  counts(): Record<string, number>;
}

const MAX_DEPTH = 100;
const TOO_DEEP = '[nested too deep]';
const PRIVATE_KEY_START = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/g;
const PRIVATE_KEY_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----/g;

/** A redactor for one line. Texts are marked as `[REDACTED:kind]`. */
export function createRedactor(): Redactor {
  const counts = new Map<string, number>();
  const mark = (kind: string): string => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return `[REDACTED:${kind}]`;
  };
  const text = (input: string): string => redactText(input, mark);
  return {
    text,
    value: (input) => redactValue(input, { text, mark }, 0),
    counts: () => Object.fromEntries(counts),
  };
}

/** A copy without redaction; nesting beyond 100 levels is cut here as there, so that a line can always be written. */
export function copyBounded(value: unknown): unknown {
  return redactValue(value, { text: (input) => input, mark: undefined }, 0);
}

interface Means {
  readonly text: (text: string) => string;
  /** Absent: telling keys keep their values. */
  readonly mark: ((kind: string) => string) | undefined;
}

function redactValue(value: unknown, means: Means, depth: number): unknown {
  if (typeof value === 'string') return means.text(value);
  if (typeof value === 'number' || typeof value === 'bigint') {
    const isCard = means.mark !== undefined && value > 1e12 && isCardNumber(String(value));
    return isCard ? means.mark('card') : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return TOO_DEEP;
  if (Array.isArray(value)) return value.map((item) => redactValue(item, means, depth + 1));
  const copy: [string, unknown][] = Object.entries(value).map(([key, item]) => [
    means.text(key),
    means.mark !== undefined && isSensitiveKey(key) && holdsSomething(item)
      ? means.mark('key')
      : redactValue(item, means, depth + 1),
  ]);
  return Object.fromEntries(copy);
}

/** A flag or nothing at all is no secret. */
function holdsSomething(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && typeof value !== 'boolean';
}

function redactText(input: string, mark: (kind: string) => string): string {
  let text = redactPrivateKeys(input, mark);
  const lower = text.toLowerCase();
  for (const detector of DETECTORS) {
    if (detector.hints.length > 0 && !detector.hints.some((hint) => lower.includes(hint))) continue;
    text = replaceFound(text, detector, mark);
  }
  return text;
}

function replaceFound(text: string, detector: Detector, mark: (kind: string) => string): string {
  let result = '';
  let from = 0;
  for (const match of text.matchAll(detector.pattern)) {
    const found = match.groups?.['value'] ?? match[0];
    if (detector.accepts?.(found) === false) continue;
    const start = match.index + match[0].lastIndexOf(found);
    result += text.slice(from, start) + mark(detector.kind);
    from = start + found.length;
  }
  return from === 0 ? text : result + text.slice(from);
}

/** From its first to its last line; to the end of the text where the last line is missing. */
function redactPrivateKeys(text: string, mark: (kind: string) => string): string {
  if (!text.includes('PRIVATE KEY-----')) return text;
  let result = '';
  let from = 0;
  for (const match of text.matchAll(PRIVATE_KEY_START)) {
    if (match.index < from) continue;
    PRIVATE_KEY_END.lastIndex = match.index;
    const end = PRIVATE_KEY_END.exec(text);
    result += text.slice(from, match.index) + mark('private_key');
    from = end === null ? text.length : end.index + end[0].length;
  }
  return result + text.slice(from);
}
