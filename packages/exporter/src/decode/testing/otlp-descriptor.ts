import { createRequire } from 'node:module';
import type protobufjs from 'protobufjs';

const require = createRequire(import.meta.url);
const protobuf = require('protobufjs') as typeof protobufjs;

// With an `import` condition set for the process, protobufjs gets `long` as a module namespace, does not recognise it
// and silently rounds 64-bit integers.
type Long = typeof protobuf.util.Long;
const long = createRequire(require.resolve('protobufjs'))('long') as Long & {
  readonly default?: Long;
};
protobuf.util.Long = long.default ?? long;
protobuf.configure();

const field = (type: string, id: number) => ({ type, id });
const repeated = (type: string, id: number) => ({ rule: 'repeated', type, id });
const message = (fields: protobufjs.IType['fields'], oneofs?: protobufjs.IType['oneofs']) =>
  oneofs === undefined ? { fields } : { fields, oneofs };

/** The part of OTLP's protobuf definitions that the decoders read, for an independent implementation. */
const OTLP = protobuf.Root.fromJSON({
  nested: {
    AnyValue: message(
      {
        stringValue: field('string', 1),
        boolValue: field('bool', 2),
        intValue: field('int64', 3),
        doubleValue: field('double', 4),
        arrayValue: field('ArrayValue', 5),
        kvlistValue: field('KeyValueList', 6),
        bytesValue: field('bytes', 7),
      },
      {
        value: {
          oneof: [
            'stringValue',
            'boolValue',
            'intValue',
            'doubleValue',
            'arrayValue',
            'kvlistValue',
            'bytesValue',
          ],
        },
      },
    ),
    ArrayValue: message({ values: repeated('AnyValue', 1) }),
    KeyValueList: message({ values: repeated('KeyValue', 1) }),
    KeyValue: message({ key: field('string', 1), value: field('AnyValue', 2) }),
    Resource: message({ attributes: repeated('KeyValue', 1) }),
    Scope: message({ name: field('string', 1), version: field('string', 2) }),
    Event: message({
      timeUnixNano: field('fixed64', 1),
      name: field('string', 2),
      attributes: repeated('KeyValue', 3),
    }),
    Link: message({ traceId: field('bytes', 1), spanId: field('bytes', 2) }),
    Status: message({ message: field('string', 2), code: field('int32', 3) }),
    Span: message({
      traceId: field('bytes', 1),
      spanId: field('bytes', 2),
      traceState: field('string', 3),
      parentSpanId: field('bytes', 4),
      name: field('string', 5),
      kind: field('int32', 6),
      startTimeUnixNano: field('fixed64', 7),
      endTimeUnixNano: field('fixed64', 8),
      attributes: repeated('KeyValue', 9),
      droppedAttributesCount: field('uint32', 10),
      events: repeated('Event', 11),
      links: repeated('Link', 13),
      status: field('Status', 15),
      flags: field('fixed32', 16),
    }),
    ScopeSpans: message({
      scope: field('Scope', 1),
      spans: repeated('Span', 2),
      schemaUrl: field('string', 3),
    }),
    ResourceSpans: message({
      resource: field('Resource', 1),
      scopeSpans: repeated('ScopeSpans', 2),
      schemaUrl: field('string', 3),
    }),
    TraceRequest: message({ resourceSpans: repeated('ResourceSpans', 1) }),
    LogRecord: message({
      timeUnixNano: field('fixed64', 1),
      severityNumber: field('int32', 2),
      severityText: field('string', 3),
      body: field('AnyValue', 5),
      attributes: repeated('KeyValue', 6),
      traceId: field('bytes', 9),
      spanId: field('bytes', 10),
      observedTimeUnixNano: field('fixed64', 11),
      eventName: field('string', 12),
    }),
    ScopeLogs: message({ scope: field('Scope', 1), logRecords: repeated('LogRecord', 2) }),
    ResourceLogs: message({
      resource: field('Resource', 1),
      scopeLogs: repeated('ScopeLogs', 2),
    }),
    LogsRequest: message({ resourceLogs: repeated('ResourceLogs', 1) }),
  },
});

/** The messages that tests encode and decode by themselves. */
export type OtlpMessage = 'TraceRequest' | 'LogsRequest' | 'Span' | 'AnyValue' | 'KeyValue';

/** Encodes OTLP/JSON-shaped data (ids hexadecimal, 64-bit integers as decimal strings) with protobufjs. */
export function encodeOtlp(type: OtlpMessage, json: unknown): Uint8Array {
  const definition = OTLP.lookupType(type);
  return definition.encode(definition.fromObject(hexToBase64(json) as object)).finish();
}

/** Decodes with protobufjs into plain objects: 64-bit integers as decimal strings, bytes as base64. */
export function decodeOtlp(type: OtlpMessage, bytes: Uint8Array): unknown {
  const definition = OTLP.lookupType(type);
  return definition.toObject(definition.decode(bytes), { longs: String, bytes: String });
}

const ID_FIELDS = new Set(['traceId', 'spanId', 'parentSpanId']);
const DOUBLES = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** OTLP/JSON writes ids as hexadecimal and NaN as text; protobufjs takes base64 and numbers. */
function hexToBase64(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hexToBase64);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => {
      if (ID_FIELDS.has(key) && typeof item === 'string') {
        return [key, Buffer.from(item, 'hex').toString('base64')];
      }
      if (key === 'doubleValue' && typeof item === 'string') return [key, DOUBLES.get(item)];
      return [key, hexToBase64(item)];
    }),
  );
}
