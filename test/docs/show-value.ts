/** Longest text that is shown whole. */
const MAX_TEXT_CHARS = 110;
const MAX_MEMBERS = 6;
const MAX_DEPTH = 5;

/** A value in one line, about as one would write it in TypeScript; the same on every machine. */
export function showValue(value: unknown, depth = 0): string {
  if (typeof value === 'string') return showText(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return '() => …';
  if (typeof value === 'symbol') return 'Symbol()';
  if (typeof value !== 'object' || value === null) return String(value);
  if (depth >= MAX_DEPTH) return '…';
  if (value instanceof Error) return showError(value, depth);
  if (Array.isArray(value)) return showList(value, depth);
  if (value instanceof Map) return `new Map(${showList([...value], depth)})`;
  if (value instanceof Set) return `new Set(${showList([...value], depth)})`;
  if (value instanceof Date) return `new Date(${JSON.stringify(value)})`;
  return `${classOf(value)}${showMembers(value, depth)}`;
}

function showText(text: string): string {
  if (text.length <= MAX_TEXT_CHARS) return JSON.stringify(text);
  const half = Math.floor(MAX_TEXT_CHARS / 2);
  const cut = text.length - 2 * half;
  return `${JSON.stringify(text.slice(0, half))} … ${cut} characters … ${JSON.stringify(text.slice(-half))}`;
}

function showList(items: readonly unknown[], depth: number): string {
  const shown = items.slice(0, MAX_MEMBERS).map((item) => showValue(item, depth + 1));
  const rest = items.length > MAX_MEMBERS ? [`… ${items.length - MAX_MEMBERS} more`] : [];
  return `[${[...shown, ...rest].join(', ')}]`;
}

function showError(error: Error, depth: number): string {
  const { name: _name, ...own } = Object.fromEntries(Object.entries(error));
  // The cause that is given to the constructor is not enumerable.
  const members = error.cause === undefined ? own : { cause: error.cause, ...own };
  const more = Object.keys(members).length === 0 ? '' : ` with ${showMembers(members, depth)}`;
  return `new ${error.name}(${showText(error.message)})${more}`;
}

function showMembers(value: object, depth: number): string {
  const names = Object.keys(value);
  const shown = names.slice(0, MAX_MEMBERS).map((name) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return `${key}: ${showValue(memberOf(value, name), depth + 1)}`;
  });
  const rest = names.length > MAX_MEMBERS ? [`… ${names.length - MAX_MEMBERS} more`] : [];
  return names.length === 0 ? '{}' : `{ ${[...shown, ...rest].join(', ')} }`;
}

function memberOf(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return Symbol('throws');
  }
}

function classOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return '';
  const name: unknown = (prototype as { readonly constructor?: { readonly name?: unknown } })
    .constructor?.name;
  return typeof name === 'string' && name !== '' ? `${name} ` : '';
}

/** A piece of code inside a line of Markdown, whatever stands in it. */
export function codeSpan(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  const padding = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${fence}${padding}${text}${padding}${fence}`;
}
