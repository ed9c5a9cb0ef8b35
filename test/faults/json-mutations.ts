/** Text that stands in JSON as it is: numbers whose digits a double would change. */
class Literal {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Fields of OTLP that may stand as `null` where they are absent. */
const NULLABLE = [
  'attributes',
  'events',
  'links',
  'status',
  'resource',
  'scope',
  'name',
  'traceState',
  'parentSpanId',
  'timeUnixNano',
  'severityNumber',
  'body',
  'eventName',
  'stringValue',
  'arrayValue',
];
const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const CODES = ['UNSET', 'OK', 'ERROR'];

/** Another spelling of the same OTLP/JSON request, which every reader of it must take. */
export function bendJson(request: unknown, random: () => number): Uint8Array {
  return Buffer.from(print(spelledAnew(request, random), random));
}

/** A request with something wrong in its structure: a value of another kind somewhere in it, or its text damaged. */
export function breakJson(request: unknown, random: () => number): Uint8Array {
  const isTreeBroken = random() < 0.5;
  const tree = isTreeBroken ? replaceSomewhere(request, random) : spelledAnew(request, random);
  const text = print(tree, random);
  return Buffer.from(isTreeBroken ? text : breakText(text, random));
}

function spelledAnew(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => spelledAnew(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]: [string, unknown]) => [
    key,
    random() < 0.4 ? spelling(key, item, random) : spelledAnew(item, random),
  ]);
  const known = new Set(entries.map(([key]) => key));
  if (random() < 0.2) {
    const name = NULLABLE[Math.floor(random() * NULLABLE.length)];
    if (!known.has(name)) entries.push([name, null]);
  }
  if (random() < 0.2) entries.push([`future${Math.floor(random() * 99)}`, stranger(random, 3)]);
  // `fromEntries` defines what `__proto__` would set.
  return Object.fromEntries(random() < 0.5 ? shuffled(entries, random) : entries) as unknown;
}

function spelling(key: string, value: unknown, random: () => number): unknown {
  switch (key) {
    case 'traceId':
    case 'spanId':
    case 'parentSpanId':
      return random() < 0.5
        ? String(value).toUpperCase()
        : Buffer.from(String(value), 'hex').toString('base64');
    case 'timeUnixNano':
    case 'observedTimeUnixNano':
    case 'startTimeUnixNano':
    case 'endTimeUnixNano':
    case 'intValue':
      return new Literal(String(value));
    case 'kind':
      return `SPAN_KIND_${KINDS[value as number] ?? ''}`;
    case 'code':
      return `STATUS_CODE_${CODES[value as number] ?? ''}`;
    case 'doubleValue':
      return String(value);
    case 'bytesValue':
      return Buffer.from(String(value), 'base64').toString('base64url');
    default:
      return spelledAnew(value, random);
  }
}

/** What a later version of OTLP, or nobody, might write. */
function stranger(random: () => number, depth: number): unknown {
  const kind = Math.floor(random() * (depth === 0 ? 4 : 6));
  if (kind === 0) return null;
  if (kind === 1) return random() < 0.5;
  if (kind === 2) return random() * 1e12;
  if (kind === 3) return '"stringValue"';
  if (kind === 4) return [stranger(random, depth - 1), stranger(random, depth - 1)];
  return Object.fromEntries([
    ['values', stranger(random, depth - 1)],
    ['__proto__', stranger(random, depth - 1)],
  ]) as unknown;
}

/** JSON with as much space, and as many escapes, as chance will have. */
function print(value: unknown, random: () => number): string {
  const space = (): string =>
    random() < 0.1 ? ([' ', '\n', '\t\r '][Math.floor(random() * 3)] ?? '') : '';
  if (value instanceof Literal) return value.text;
  if (typeof value === 'string') return printText(value, random);
  if (Array.isArray(value)) {
    return `[${space()}${value.map((item) => print(item, random)).join(`${space()},${space()}`)}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([key, item]) => `${printText(key, random)}${space()}:${space()}${print(item, random)}`,
  );
  return `{${space()}${entries.join(`${space()},${space()}`)}${space()}}`;
}

function printText(text: string, random: () => number): string {
  if (random() < 0.9) return JSON.stringify(text);
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}

/** Values that a field of any kind may be given by somebody who means ill. */
function hostileValue(random: () => number): unknown {
  const depth = 1 + Math.floor(random() * 20_000);
  const values: readonly (() => unknown)[] = [
    () => null,
    () => [],
    () => ({}),
    () => '',
    () => -1,
    () => new Literal('1e999'),
    () => new Literal(`-${'9'.repeat(1 + Math.floor(random() * 400))}`),
    () => new Literal(`${'['.repeat(depth)}${']'.repeat(depth)}`),
    () => new Literal(`${'{"arrayValue":{"values":['.repeat(depth)}${']}}'.repeat(depth)}`),
    () => new Literal('{"__proto__":{"stringValue":"x"},"constructor":{"prototype":null}}'),
    () => new Literal('"\\ud800\\u0000\\udfff"'),
    () => 'x'.repeat(1 + Math.floor(random() * 100_000)),
    () => true,
  ];
  return values[Math.floor(random() * values.length)]?.();
}

function replaceSomewhere(value: unknown, random: () => number): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.15) return hostileValue(random);
  if (Array.isArray(value)) {
    const chosen = Math.floor(random() * value.length);
    return value.map((item, at) => (at === chosen ? replaceSomewhere(item, random) : item));
  }
  const entries = Object.entries(value);
  const chosen = Math.floor(random() * entries.length);
  return Object.fromEntries(
    entries.map(([key, item], at) => [key, at === chosen ? replaceSomewhere(item, random) : item]),
  ) as unknown;
}

const TEXT_PIECES = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  'null',
  '-',
  '1e999',
  '\\u0000',
  '\\ud800',
  '9'.repeat(400),
  '__proto__',
  '\u0000',
  '\ufeff',
  'true',
  '{"a":',
  '[[[[',
];

/** JSON with pieces put in, taken out and doubled. */
function breakText(text: string, random: () => number): string {
  let broken = text;
  const edits = 1 + Math.floor(random() * 4);
  for (let edit = 0; edit < edits; edit += 1) {
    const at = Math.floor(random() * broken.length);
    const length = Math.floor(random() * 20);
    const piece = TEXT_PIECES[Math.floor(random() * TEXT_PIECES.length)] ?? '';
    const insert = random() < 0.3 ? broken.slice(at, at + length).repeat(2) : piece;
    broken = broken.slice(0, at) + insert + broken.slice(at + (random() < 0.5 ? length : 0));
  }
  return broken;
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
