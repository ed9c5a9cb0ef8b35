import { MalformedInput } from './decode-result.ts';
import { narrow } from './wire-reader.ts';

/** A JSON object of a stranger. */
export type JsonObject = Readonly<Record<string, unknown>>;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;
const DECIMAL = /^-?\d{1,20}$/;
const BASE64_TRACE_ID = /^[A-Za-z0-9+/]{22}==$/;
const BASE64_SPAN_ID = /^[A-Za-z0-9+/]{11}=$/;

/** Runs a reader; what it finds malformed gets `segment` in front of its path. */
export function inside<T>(segment: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MalformedInput)) throw error;
    const path = joinPath(segment, error.path);
    throw new MalformedInput(error.message, { path });
  }
}

function joinPath(segment: string, path: string | undefined): string {
  if (path === undefined) return segment;
  return path.startsWith('[') ? `${segment}${path}` : `${segment}.${path}`;
}

/** The value as an object; throws where it is none. */
export function asObject(value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new MalformedInput(`an object was expected, found ${kindOf(value)}`, {});
}

/** The object of a field; `null` and absent are an empty one, as in protobuf's JSON. */
export function objectField(object: JsonObject, key: string): JsonObject {
  const value = object[key] ?? {};
  return inside(key, () => asObject(value));
}

/** Reads each element of a list field; `null` and absent are an empty list. */
export function eachItem(object: JsonObject, key: string, read: (item: unknown) => void): void {
  const value = object[key] ?? [];
  if (!Array.isArray(value)) throw expected('a list', value, key);
  const items = value as readonly unknown[];
  for (let index = 0; index < items.length; index += 1) {
    inside(`${key}[${index}]`, () => read(items[index]));
  }
}

/** A string field; lone surrogates become U+FFFD, so that it has a UTF-8 form. */
export function stringField(object: JsonObject, key: string): string {
  const value = object[key] ?? '';
  if (typeof value !== 'string') throw expected('a string', value, key);
  return value.toWellFormed();
}

/** An id as hexadecimal text: OTLP's hexadecimal in any case, or the base64 that plain protobuf-JSON writers send. */
export function idField(object: JsonObject, key: string): string {
  const text = stringField(object, key);
  if (BASE64_TRACE_ID.test(text) || BASE64_SPAN_ID.test(text)) {
    return Buffer.from(text, 'base64').toString('hex');
  }
  return text.toLowerCase();
}

/** Nanoseconds as an exact decimal string; they may come as a string or as a number. */
export function nanosField(object: JsonObject, key: string): string {
  const value = integer(object[key] ?? 0);
  if (value === undefined || value < 0n || value > UINT64_MAX) {
    throw expected('nanoseconds as a decimal string', object[key], key);
  }
  return value.toString();
}

/** An enum or int32; names of enum values are understood besides numbers. */
export function enumField(
  object: JsonObject,
  key: string,
  names: ReadonlyMap<string, number>,
): number {
  const value = object[key] ?? 0;
  if (typeof value === 'string' && names.has(value)) return names.get(value) ?? 0;
  const parsed = integer(value);
  if (parsed === undefined) throw expected('an integer', value, key);
  return Number(parsed);
}

/** An int64 from a string or number; `bigint` only where a double cannot hold it. */
export function int64Value(value: unknown, key: string): number | bigint {
  const parsed = integer(value);
  if (parsed === undefined || parsed < INT64_MIN || parsed > INT64_MAX) {
    throw expected('a 64-bit integer', value, key);
  }
  return narrow(parsed);
}

/** A double from a number, its decimal text, or the names of what JSON has no number for. */
export function doubleValue(value: unknown, key: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value === 'NaN') return Number.NaN;
  if (typeof value === 'string' && value.trim() !== '') {
    const parsed = Number(value);
    if (!Number.isNaN(parsed)) return parsed;
  }
  throw expected('a number', value, key);
}

function integer(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && DECIMAL.test(value) ? BigInt(value) : undefined;
}

/** The error for a field of the wrong kind. It names the kind found, never the content. */
export function expected(what: string, found: unknown, key: string): MalformedInput {
  return new MalformedInput(`${what} was expected, found ${kindOf(found)}`, { path: key });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'undefined':
      return 'nothing';
    case 'object':
      return 'an object';
    case 'bigint':
      return 'an integer out of range';
    default:
      return `a ${typeof value}`;
  }
}
