import {
  asObject,
  doubleValue,
  eachItem,
  expected,
  inside,
  int64Value,
  objectField,
  stringField,
  type JsonObject,
} from './json-fields.ts';
import type { Rejections } from './rejections.ts';
import type { TelemetryResource, TelemetryScope, TelemetryValue } from './telemetry.ts';
import { MAX_VALUE_DEPTH, TOO_DEEP, valueRecord } from './value-record.ts';

/** The `attributes` of an object as a map. The last of equal keys wins. */
export function attributesField(
  object: JsonObject,
  rejections: Rejections,
): Map<string, TelemetryValue> {
  const attributes = new Map<string, TelemetryValue>();
  eachItem(object, 'attributes', (item) => {
    const pair = asObject(item);
    attributes.set(stringField(pair, 'key'), anyValueField(pair, 'value', rejections));
  });
  return attributes;
}

/** The `resource` of an envelope. */
export function resourceField(object: JsonObject, rejections: Rejections): TelemetryResource {
  return { attributes: attributesField(objectField(object, 'resource'), rejections) };
}

/** The `scope` of an envelope. */
export function scopeField(object: JsonObject): TelemetryScope {
  const scope = objectField(object, 'scope');
  return { name: stringField(scope, 'name'), version: stringField(scope, 'version') };
}

/** A field that holds an `AnyValue`; `null` when it holds none. */
export function anyValueField(
  object: JsonObject,
  key: string,
  rejections: Rejections,
): TelemetryValue {
  return nestedField(object, key, { rejections, depth: 1 });
}

/** How deep a value is, and where to say what was left out. */
interface Nesting {
  readonly rejections: Rejections;
  readonly depth: number;
}

function nestedField(object: JsonObject, key: string, nesting: Nesting): TelemetryValue {
  const value = objectField(object, key);
  return inside(key, () => anyValue(value, nesting));
}

function anyValue(value: JsonObject, { rejections, depth }: Nesting): TelemetryValue {
  if (isPresent(value, 'stringValue')) return stringField(value, 'stringValue');
  if (isPresent(value, 'intValue')) return int64Value(value['intValue'], 'intValue');
  if (isPresent(value, 'boolValue')) return boolValue(value['boolValue']);
  if (isPresent(value, 'doubleValue')) return doubleValue(value['doubleValue'], 'doubleValue');
  if (isPresent(value, 'bytesValue')) return bytesValue(stringField(value, 'bytesValue'));
  const isArray = isPresent(value, 'arrayValue');
  if (!isArray && !isPresent(value, 'kvlistValue')) return null;
  if (depth > MAX_VALUE_DEPTH) {
    rejections.warn(TOO_DEEP);
    return null;
  }
  return isArray
    ? arrayValue(objectField(value, 'arrayValue'), { rejections, depth: depth + 1 })
    : keyValueList(objectField(value, 'kvlistValue'), { rejections, depth: depth + 1 });
}

function isPresent(value: JsonObject, key: string): boolean {
  return value[key] !== undefined && value[key] !== null;
}

function boolValue(value: unknown): boolean {
  if (typeof value !== 'boolean') throw expected('true or false', value, 'boolValue');
  return value;
}

/** Standard and URL-safe base64 are both read; the standard form is kept, as the protobuf decoder gives it. */
function bytesValue(text: string): TelemetryValue {
  return { bytes: Buffer.from(text, 'base64').toString('base64') };
}

function arrayValue(list: JsonObject, nesting: Nesting): TelemetryValue {
  const values: TelemetryValue[] = [];
  eachItem(list, 'values', (item) => values.push(anyValue(asObject(item), nesting)));
  return values;
}

function keyValueList(list: JsonObject, nesting: Nesting): TelemetryValue {
  const entries = valueRecord();
  eachItem(list, 'values', (item) => {
    const pair = asObject(item);
    entries[stringField(pair, 'key')] = nestedField(pair, 'value', nesting);
  });
  return entries;
}
