/** An attribute as protobufjs gives it. */
export interface Attribute {
  readonly key?: string;
  readonly value?: AnyValue;
}

/** A value as protobufjs gives it: 64-bit integers as decimal text, bytes as base64. */
export interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly Attribute[] };
}

/** A scope as protobufjs gives it. */
export interface Scope {
  readonly name?: string;
  readonly version?: string;
}

export const hex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex');

/** In the order of their keys: which of two equal keys came first does not matter. */
export function plainMap(attributes: ReadonlyMap<string, unknown>): unknown[] {
  return [...attributes].map(([key, value]) => [key, plainFound(value)]).toSorted(byKey);
}

export function plainAttributes(attributes: readonly Attribute[] = []): unknown[] {
  const last = new Map(attributes.map(({ key = '', value }) => [key, plainExpected(value)]));
  return [...last].toSorted(byKey);
}

const byKey = ([one]: readonly unknown[], [other]: readonly unknown[]): number =>
  String(one) < String(other) ? -1 : 1;

/** A value of our decoders, for comparing. */
export function plainFound(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainFound);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return entries.map(([key, item]) => [key, plainFound(item)]).toSorted(byKey);
}

/** The same of protobufjs. */
export function plainExpected(value: AnyValue = {}): unknown {
  if (value.intValue !== undefined) {
    const exact = BigInt(value.intValue);
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
  }
  if (value.bytesValue !== undefined) return [['bytes', value.bytesValue]];
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plainExpected);
  if (value.kvlistValue !== undefined) return plainAttributes(value.kvlistValue.values);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? null;
}
