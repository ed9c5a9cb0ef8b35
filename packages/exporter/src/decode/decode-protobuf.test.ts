import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeLogs, decodeTraces } from './decode.ts';
import type { TelemetrySpan, TelemetryValue } from './telemetry.ts';
import { logsRequest, traceRequest } from './testing/otlp-arbitraries.ts';
import { encodeOtlp } from './testing/otlp-descriptor.ts';
import { error, SPAN_ID, TRACE_ID, value } from './testing/results.ts';
import { delimited, join, tag, varint } from './testing/wire-writer.ts';

const traceIdField = delimited(1, Buffer.from(TRACE_ID, 'hex'));
const spanIdField = delimited(2, Buffer.from(SPAN_ID, 'hex'));

/** One protobuf request around the fields of one span. */
const request = (...spanFields: readonly Uint8Array[]): Uint8Array =>
  delimited(1, delimited(2, delimited(2, traceIdField, spanIdField, ...spanFields)));

function onlySpan(body: Uint8Array): TelemetrySpan {
  const { spans } = value(decodeTraces(body, 'protobuf'));
  expect(spans).toHaveLength(1);
  return spans[0] as TelemetrySpan;
}

/** The value of attribute `k` after a trip through one span. */
function attribute(...anyValue: readonly Uint8Array[]): TelemetryValue | undefined {
  return onlySpan(
    request(delimited(9, delimited(1, 'k'), delimited(2, ...anyValue))),
  ).attributes.get('k');
}

describe('protobuf', () => {
  test('an empty body is an empty request', () => {
    expect(value(decodeTraces(new Uint8Array(), 'protobuf'))).toMatchObject({
      spans: [],
      rejected: { count: 0, reasons: [] },
    });
  });

  test('unknown fields of all wire types, groups inside groups included, are skipped (12)', () => {
    const group = join(tag(50, 3), tag(51, 3), tag(52, 0), varint(7), tag(51, 4), tag(50, 4));
    const unknown = join(
      join(tag(40, 0), varint(2n ** 64n - 1n)),
      join(tag(41, 1), new Uint8Array(8)),
      join(delimited(42, 'ignored'), group),
      join(tag(43, 5), new Uint8Array(4)),
      delimited(536_870_911, 'largest field number'),
    );
    const span = onlySpan(
      join(
        unknown,
        delimited(
          1,
          unknown,
          delimited(2, unknown, delimited(2, unknown, traceIdField, unknown, spanIdField, unknown)),
        ),
      ),
    );
    expect(span.traceId).toBe(TRACE_ID);
  });

  test('a known field number with another wire type is an unknown field', () => {
    expect(onlySpan(request(join(tag(5, 0), varint(1)))).name).toBe('');
  });

  test('a resource behind its spans still belongs to them, and of repeated fields the last wins (13)', () => {
    const resource = delimited(
      1,
      delimited(1, delimited(1, 'service.name'), delimited(2, delimited(1, 'late'))),
    );
    const span = delimited(
      2,
      delimited(5, 'first'),
      spanIdField,
      traceIdField,
      delimited(5, 'last'),
    );
    const scope = delimited(1, delimited(1, 'scope'));
    const decoded = onlySpan(delimited(1, delimited(2, span, scope), resource));
    expect(decoded.name).toBe('last');
    expect(decoded.scope.name).toBe('scope');
    expect(decoded.resource.attributes.get('service.name')).toBe('late');
  });

  test.each([
    [0n, 0],
    [-1n, -1],
    [2n ** 53n - 1n, Number.MAX_SAFE_INTEGER],
    [2n ** 53n, 2n ** 53n],
    [-(2n ** 53n), -(2n ** 53n)],
    [-(2n ** 63n), -(2n ** 63n)],
    [2n ** 63n - 1n, 2n ** 63n - 1n],
  ])('int64 %s is exact (14)', (integer, expected) => {
    expect(attribute(tag(3, 0), varint(integer))).toBe(expected);
  });

  test('a span with ids of the wrong length is rejected alone (15)', () => {
    const good = delimited(2, traceIdField, spanIdField);
    const short = delimited(2, delimited(1, 'short'), spanIdField);
    const zero = delimited(2, delimited(1, new Uint8Array(16)), spanIdField);
    const parent = delimited(2, traceIdField, spanIdField, delimited(4, 'abc'));
    const body = delimited(1, delimited(2, short, good, zero, parent));
    const decoded = value(decodeTraces(body, 'protobuf'));
    expect(decoded.spans).toHaveLength(1);
    expect(decoded.rejected).toEqual({
      count: 3,
      reasons: [
        'a trace id must be 16 bytes and not all zero (found 5 bytes)',
        'a trace id must be 16 bytes and not all zero (found zeroes)',
        'a parent span id must be 8 bytes or absent (found 3 bytes)',
      ],
    });
  });

  test('a parent of zeroes means a root, and a link with a bad id costs the link only', () => {
    const span = onlySpan(
      request(delimited(4, new Uint8Array(8)), delimited(13, delimited(1, 'x'))),
    );
    expect(span.parentSpanId).toBeUndefined();
    expect(span.links).toEqual([]);
  });

  test('64 nested lists are kept, the 65th becomes null with a warning (16)', () => {
    const nested = (depth: number): Uint8Array => {
      let inner = delimited(1, 'x');
      for (let level = 0; level < depth; level += 1) inner = delimited(5, delimited(1, inner));
      return inner;
    };
    expect(JSON.stringify(attribute(nested(64)))).toBe(`${'['.repeat(64)}"x"${']'.repeat(64)}`);
    const tooDeep = request(delimited(9, delimited(1, 'k'), delimited(2, nested(65))));
    const decoded = value(decodeTraces(tooDeep, 'protobuf'));
    expect(JSON.stringify(decoded.spans[0]?.attributes.get('k'))).toBe(
      `${'['.repeat(64)}null${']'.repeat(64)}`,
    );
    expect(decoded.rejected.count).toBe(0);
    expect(decoded.rejected.reasons).toEqual([
      'values nested deeper than 64 levels were replaced by null',
    ]);
  });

  test('hostile nesting of 100,000 lists or groups neither overflows nor hangs (16)', () => {
    // Lengths are filled in from the inside out, so the whole message is built back to front.
    const parts: Uint8Array[] = [delimited(1, 'x')];
    let size = parts[0]?.length ?? 0;
    for (let level = 0; level < 100_000; level += 1) {
      const inner = join(tag(1, 2), varint(size));
      const outer = join(tag(5, 2), varint(size + inner.length));
      parts.push(inner, outer);
      size += inner.length + outer.length;
    }
    const lists = Buffer.concat(parts.toReversed());
    expect(attribute(lists)).toBeInstanceOf(Array);
    const groups = join(
      Buffer.alloc(100_000, Buffer.from(tag(15, 3))),
      Buffer.alloc(100_000, Buffer.from(tag(15, 4))),
    );
    expect(onlySpan(join(groups, request())).spanId).toBe(SPAN_ID);
  });

  test('bytes that are not UTF-8 become U+FFFD (17)', () => {
    expect(attribute(delimited(1, Uint8Array.from([0x61, 0xff, 0xc3])))).toBe('a\ufffd\ufffd');
  });

  test('of duplicate attribute keys the last wins (18)', () => {
    const pair = (text: string): Uint8Array =>
      delimited(9, delimited(1, 'k'), delimited(2, delimited(1, text)));
    expect(new Map(onlySpan(request(pair('a'), pair('b'))).attributes)).toEqual(
      new Map([['k', 'b']]),
    );
  });

  test('an attribute without a value, or with an empty one, is null (19)', () => {
    expect(attribute()).toBeNull();
    expect(onlySpan(request(delimited(9, delimited(1, 'k')))).attributes.get('k')).toBeNull();
    expect(onlySpan(request()).attributes.size).toBe(0);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1.5])(
    'double %s is kept (20)',
    (double) => {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(double);
      expect(attribute(tag(4, 1), bytes)).toBe(double);
    },
  );

  test('timestamps are exact nanoseconds up to 2^64 - 1 (22)', () => {
    const nanos = Buffer.alloc(8, 0xff);
    expect(onlySpan(request(join(tag(7, 1), nanos))).startTimeUnixNano).toBe(
      '18446744073709551615',
    );
  });

  test('a key named __proto__ is data', () => {
    const pair = delimited(1, delimited(1, '__proto__'), delimited(2, delimited(1, 'x')));
    const decoded = attribute(delimited(6, pair)) as Record<string, unknown>;
    expect(Object.keys(decoded)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(decoded)).toBeNull();
  });

  test.each<[string, Uint8Array, number]>([
    ['a length that goes past the end', Uint8Array.from([0x0a, 0x05, 0x00]), 1],
    ['a length that goes past its message', delimited(1, Uint8Array.from([0x12, 0x01])), 3],
    ['a number that does not end', Uint8Array.from([0x08, 0xff, 0xff]), 1],
    ['a number of 11 bytes', join(tag(20, 0), Buffer.alloc(10, 0xff), Uint8Array.of(1)), 2],
    ['field number zero', Uint8Array.from([0x00, 0x01]), 0],
    ['wire type 6', Uint8Array.from([0x0e]), 1],
    ['the end of a group that never began', Uint8Array.from([0x0c]), 1],
    ['a group closed by another number', join(tag(3, 3), tag(4, 4)), 2],
    ['a group that does not end', tag(3, 3), 1],
    ['a tag beyond 32 bits', Buffer.concat([Buffer.alloc(5, 0xff)]), 0],
    ['text instead of protobuf', Buffer.from('{"resourceSpans":[]}'), 2],
  ])('%s is malformed, with its place', (_name, body, offset) => {
    expect(error(decodeTraces(body, 'protobuf'))).toMatchObject({ kind: 'malformed', offset });
  });

  test('random changes to a valid request never throw, hang or reach outside the body', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(traceRequest, logsRequest, edits, fc.nat(), (traces, logs, changes, cut) => {
        for (const [type, data, decode] of [
          ['TraceRequest', traces, decodeTraces],
          ['LogsRequest', logs, decodeLogs],
        ] as const) {
          const body = Buffer.from(encodeOtlp(type, data));
          for (const [at, byte] of changes) if (body.length > 0) body[at % body.length] = byte;
          decode(body.subarray(0, body.length - ((cut % (body.length + 1)) % 4)), 'protobuf');
          decode(body, 'json');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeTraces(bytes, 'protobuf');
        decodeLogs(bytes, 'protobuf');
      }),
      { numRuns: 2000 },
    );
  });
});
