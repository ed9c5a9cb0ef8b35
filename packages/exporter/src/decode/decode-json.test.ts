import { describe, expect, test } from 'vitest';
import { decodeLogs, decodeTraces, parseJson, tracesFromJson } from './decode.ts';
import type { TelemetryValue } from './telemetry.ts';
import { bytesOf, error, SPAN_ID, TRACE_ID, value } from './testing/results.ts';

const jsonSpan = (fields: object): Uint8Array =>
  bytesOf({
    resourceSpans: [
      { scopeSpans: [{ spans: [{ traceId: TRACE_ID, spanId: SPAN_ID, ...fields }] }] },
    ],
  });

describe('JSON', () => {
  test('ids are read in any case, and as the base64 that plain protobuf-JSON writers send (21)', () => {
    const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
    for (const fields of [
      { traceId: TRACE_ID.toUpperCase(), spanId: SPAN_ID.toUpperCase(), parentSpanId: '' },
      { traceId: base64(TRACE_ID), spanId: base64(SPAN_ID), parentSpanId: base64(SPAN_ID) },
    ]) {
      const { spans } = value(decodeTraces(jsonSpan(fields), 'json'));
      expect(spans[0]).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID });
      expect(spans[0]?.parentSpanId).toBe(fields.parentSpanId === '' ? undefined : SPAN_ID);
    }
  });

  test('ids that are no ids reject their span alone (15)', () => {
    const spans = [
      { traceId: 'z'.repeat(32), spanId: SPAN_ID },
      { traceId: TRACE_ID, spanId: 'abc' },
      { traceId: TRACE_ID, spanId: SPAN_ID },
    ];
    const body = bytesOf({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const decoded = value(decodeTraces(body, 'json'));
    expect(decoded.spans).toHaveLength(1);
    expect(decoded.rejected.count).toBe(2);
  });

  test('a log record with an invalid trace id is kept, in no trace', () => {
    const logRecords = [{ traceId: 'abc', body: { stringValue: 'kept' } }];
    const body = bytesOf({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
    const { logs } = value(decodeLogs(body, 'json'));
    expect(logs[0]).toMatchObject({ traceId: undefined, body: 'kept' });
  });

  test('integers are exact as strings and as numbers beyond 2^53 (21, 22)', () => {
    const text = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}",
      "startTimeUnixNano":1751474840301046017,"endTimeUnixNano":"1751474840301046019","attributes":[
      {"key":"n","value":{"intValue":-9223372036854775808}},{"key":"s","value":{"intValue":"9007199254740993"}},
      {"key":"small","value":{"intValue":42}},{"key":"d","value":{"doubleValue":12345678901234567890}},
      {"key":"t","value":{"stringValue":": 12345678901234567890"}}]}]}]}]}`;
    const [span] = value(decodeTraces(Buffer.from(text), 'json')).spans;
    expect(span?.startTimeUnixNano).toBe('1751474840301046017');
    expect(span?.endTimeUnixNano).toBe('1751474840301046019');
    expect(span?.attributes).toEqual(
      new Map<string, TelemetryValue>([
        ['n', -(2n ** 63n)],
        ['s', 9007199254740993n],
        ['small', 42],
        ['d', 12345678901234567000],
        ['t', ': 12345678901234567890'],
      ]),
    );
  });

  test('unknown fields are ignored, null means absent, enum names are understood', () => {
    const body = jsonSpan({
      name: null,
      attributes: null,
      future: { deep: [1] },
      kind: 'SPAN_KIND_CLIENT',
      status: { code: 'STATUS_CODE_ERROR', message: 'x' },
      events: [{}],
    });
    expect(value(decodeTraces(body, 'json')).spans[0]).toMatchObject({
      name: '',
      kind: 3,
      status: { code: 2, message: 'x' },
      events: [{ name: '', timeUnixNano: '0' }],
    });
  });

  test('lone surrogates become U+FFFD (17) and NaN and Infinity are read from text (20)', () => {
    const text = String.raw`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}",
      "name":"a\ud800","attributes":[{"key":"x","value":{"doubleValue":"NaN"}},
      {"key":"y","value":{"doubleValue":"-Infinity"}}]}]}]}]}`;
    const [span] = value(decodeTraces(Buffer.from(text), 'json')).spans;
    expect(span?.name).toBe('a\ufffd');
    expect([...(span?.attributes.values() ?? [])]).toEqual([Number.NaN, Number.NEGATIVE_INFINITY]);
  });

  test('nesting is limited as in protobuf, and 100,000 levels do not overflow (16)', () => {
    const list = (depth: number): string =>
      `${'{"arrayValue":{"values":['.repeat(depth)}{"stringValue":"x"}${']}}'.repeat(depth)}`;
    const body = (any: string, extra = ''): Uint8Array =>
      Buffer.from(
        `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}"${extra},"attributes":[{"key":"k","value":${any}}]}]}]}]}`,
      );
    const depth64 = value(decodeTraces(body(list(64)), 'json')).spans[0]?.attributes.get('k');
    expect(JSON.stringify(depth64)).toBe(`${'['.repeat(64)}"x"${']'.repeat(64)}`);
    expect(value(decodeTraces(body(list(100_000)), 'json')).rejected.reasons).toHaveLength(1);
    const withReviver = body(list(100_000), ',"startTimeUnixNano":1751474840301046017');
    expect(error(decodeTraces(withReviver, 'json')).message).toBe('the JSON is nested too deeply');
  });

  test.each<[string, object, string]>([
    ['a name that is a number', { name: 1 }, 'name'],
    ['a time that is no number', { startTimeUnixNano: 'soon' }, 'startTimeUnixNano'],
    ['a time below zero', { startTimeUnixNano: -1 }, 'startTimeUnixNano'],
    ['a time beyond 64 bits', { endTimeUnixNano: '18446744073709551616' }, 'endTimeUnixNano'],
    ['events that are no list', { events: {} }, 'events'],
    ['an event that is no object', { events: [1] }, 'events[0]'],
    ['an unknown enum name', { kind: 'SPAN_KIND_FUTURE' }, 'kind'],
    [
      'an integer beyond 64 bits',
      { attributes: [{ key: 'k', value: { intValue: '9223372036854775808' } }] },
      'attributes[0].value.intValue',
    ],
    [
      'a boolean that is text',
      { attributes: [{ key: 'k', value: { boolValue: 'yes' } }] },
      'attributes[0].value.boolValue',
    ],
  ])('%s is malformed, with its path', (_name, fields, path) => {
    const { path: found } = error(decodeTraces(jsonSpan(fields), 'json'));
    expect(found).toBe(`resourceSpans[0].scopeSpans[0].spans[0].${path}`);
  });

  test.each<[string, number]>([
    ['', 0],
    ['{"a":}', 5],
    ['{"a":1,}', 7],
    ['[1,2', 4],
    ['[1 2]', 3],
    ['{"a" 1}', 5],
    ['{"a":"\u0001"}', 5],
    ['{"a":01}', 6],
    ['{}{}', 2],
    ['nothing', 0],
    ['{"a":[1,]}', 8],
    ['{"a":{"b":tru}}', 10],
  ])('%j is malformed at character %i', (text, offset) => {
    expect(error(parseJson(text))).toMatchObject({ kind: 'malformed', offset });
  });

  test('a byte order mark is ignored', () => {
    expect(value(decodeTraces(Buffer.from('\ufeff{}'), 'json')).spans).toEqual([]);
  });

  test('128-bit integers survive parsing, as files of other tools need', () => {
    expect(value(parseJson('{"trace_id": 338953138925153547590470800371487866880}'))).toEqual({
      trace_id: 338953138925153547590470800371487866880n,
    });
  });

  test('a request that was parsed before can be decoded', () => {
    expect(value(tracesFromJson({ resourceSpans: [] })).spans).toEqual([]);
    expect(error(tracesFromJson([])).message).toBe('an object was expected, found a list');
  });
});
