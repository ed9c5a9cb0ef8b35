import { isObject } from '../read.ts';

/** What Python takes for true of a value that came from JSON: not 0, and nothing that is empty. */
export function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}

const MAX_DEPTH = 20;

/** What Python's `str()` gives for a value that came from JSON. */
export function pythonText(value: unknown): string {
  return typeof value === 'string' ? value : repr(value, 0);
}

function repr(value: unknown, depth: number): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quoted(value);
  if (!isObject(value)) return typeof value === 'number' ? String(value) : '';
  if (depth > MAX_DEPTH) return '...';
  if (Array.isArray(value)) return `[${value.map((item) => repr(item, depth + 1)).join(', ')}]`;
  const members = Object.entries(value).map(
    ([key, member]) => `${quoted(key)}: ${repr(member, depth + 1)}`,
  );
  return `{${members.join(', ')}}`;
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
  return `${quote}${quote === "'" ? escaped.replaceAll("'", String.raw`\'`) : escaped}${quote}`;
}
