import * as fc from 'fast-check';

const hexOf = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((id) => id.some((byte) => byte !== 0))
    .map((id) => Buffer.from(id).toString('hex'));

const traceId = hexOf(16);
const spanId = hexOf(8);
const nanos = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer().map(BigInt),
  fc.constantFrom(2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n), -1n, 0n, 127n, 128n, 2n ** 49n),
);
const text = fc.string({ unit: 'grapheme', maxLength: 24 });

const double = fc
  .double()
  .map((value) => (Number.isFinite(value) ? (Object.is(value, -0) ? 0 : value) : String(value)));

const { anyValue } = fc.letrec<{ anyValue: unknown; keyValue: unknown }>((tie) => ({
  anyValue: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.record({ stringValue: text }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: int64.map(String) }),
    fc.record({ doubleValue: double }),
    fc.record({
      bytesValue: fc.uint8Array({ maxLength: 9 }).map((b) => Buffer.from(b).toString('base64')),
    }),
    fc.constant({}),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('anyValue'), { maxLength: 3 }) }) }),
    fc.record({ kvlistValue: fc.record({ values: fc.array(tie('keyValue'), { maxLength: 3 }) }) }),
  ),
  keyValue: fc.record({
    key: fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toString')),
    value: tie('anyValue'),
  }),
}));

const attributes = fc.array(
  fc.record({
    key: fc.oneof(text, fc.constantFrom('__proto__', 'gen_ai.tool.name')),
    value: anyValue,
  }),
  { maxLength: 4 },
);

const span = fc.record(
  {
    traceId,
    spanId,
    parentSpanId: spanId,
    traceState: text,
    name: text,
    kind: fc.integer({ min: 0, max: 5 }),
    startTimeUnixNano: nanos,
    endTimeUnixNano: nanos,
    attributes,
    droppedAttributesCount: fc.nat(),
    events: fc.array(fc.record({ timeUnixNano: nanos, name: text, attributes }), { maxLength: 2 }),
    links: fc.array(fc.record({ traceId, spanId }), { maxLength: 2 }),
    status: fc.record({ code: fc.integer({ min: 0, max: 2 }), message: text }),
    flags: fc.nat(),
  },
  { requiredKeys: ['traceId', 'spanId'] },
);

const logRecord = fc.record(
  {
    timeUnixNano: nanos,
    observedTimeUnixNano: nanos,
    severityNumber: fc.integer({ min: 0, max: 24 }),
    severityText: text,
    body: anyValue,
    attributes,
    traceId,
    spanId,
    eventName: text,
  },
  { requiredKeys: [] },
);

const scope = fc.record({ name: text, version: text }, { requiredKeys: [] });
const resource = fc.record({ attributes });

/** Valid OTLP/JSON trace requests, as objects. */
export const traceRequest = fc.record({
  resourceSpans: fc.array(
    fc.record({
      resource,
      scopeSpans: fc.array(fc.record({ scope, spans: fc.array(span, { maxLength: 3 }) }), {
        maxLength: 2,
      }),
      schemaUrl: text,
    }),
    { maxLength: 2 },
  ),
});

/** Valid OTLP/JSON logs requests, as objects. */
export const logsRequest = fc.record({
  resourceLogs: fc.array(
    fc.record({
      resource,
      scopeLogs: fc.array(fc.record({ scope, logRecords: fc.array(logRecord, { maxLength: 3 }) }), {
        maxLength: 2,
      }),
    }),
    { maxLength: 2 },
  ),
});
