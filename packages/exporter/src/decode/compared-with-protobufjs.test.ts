import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeLogs, decodeTraces } from './decode.ts';
import { encodeTraces } from './encode-traces.ts';
import { spanFromProtobuf, spanOfLayout, tracesFromProtobuf } from './protobuf-traces.ts';
import type { TelemetrySpan } from './telemetry.ts';
import { logsRequest, traceRequest } from './testing/otlp-arbitraries.ts';
import { decodeOtlp, encodeOtlp } from './testing/otlp-descriptor.ts';
import { plainAttributes, plainSpan } from './testing/plain-span.ts';
import { bytesOf, value } from './testing/results.ts';

describe('compared with protobufjs', () => {
  test('traces: protobuf as protobufjs writes it and JSON give the same spans (23)', () => {
    fc.assert(
      fc.property(traceRequest, (data) => {
        const protobuf = value(decodeTraces(encodeOtlp('TraceRequest', data), 'protobuf'));
        const json = value(decodeTraces(bytesOf(data), 'json'));
        expect(protobuf.spans.map(plainSpan)).toEqual(json.spans.map(plainSpan));
        expect(protobuf.rejected).toEqual(json.rejected);
      }),
      { numRuns: 300 },
    );
  });

  test('traces: every field is what protobufjs reads from the same bytes (23)', () => {
    fc.assert(
      fc.property(traceRequest, (data) => {
        const bytes = encodeOtlp('TraceRequest', data);

        const independent = decodeOtlp('TraceRequest', bytes) as ProtobufjsRequest;
        const expected = (independent.resourceSpans ?? []).flatMap((resourceSpans) =>
          (resourceSpans.scopeSpans ?? []).flatMap((scopeSpans) =>
            (scopeSpans.spans ?? []).map((span) => ({
              traceId: Buffer.from(span.traceId, 'base64').toString('hex'),
              name: span.name ?? '',
              start: span.startTimeUnixNano ?? '0',
              status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
              attributes: attributesOf(span.attributes),
              resource: attributesOf(resourceSpans.resource?.attributes),
              scope: scopeSpans.scope?.name ?? '',
              events: (span.events ?? []).map((event) => [event.name ?? '', event.timeUnixNano]),
            })),
          ),
        );
        const { spans } = value(decodeTraces(bytes, 'protobuf'));
        expect(
          spans.map((span) => ({
            traceId: span.traceId,
            name: span.name,
            start: span.startTimeUnixNano,
            status: span.status,
            attributes: plainAttributes(span.attributes),
            resource: span.resource.attributes,
            scope: span.scope.name,
            events: span.events.map((event) => [event.name, event.timeUnixNano]),
          })),
        ).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test('traces: a span that is found again by its place is the same, in memory and in bytes of its own', () => {
    fc.assert(
      fc.property(traceRequest, (data) => {
        const bytes = encodeOtlp('TraceRequest', data);
        const { layout, spans } = tracesFromProtobuf(bytes);
        const places = spans.map((span) => {
          const cells = new Int32Array(10);
          span.writeRow(cells, 0);
          return { offset: cells[8] as number, length: cells[9] as number };
        });
        const plain = spans.map(plainSpan);
        const again = places.map(({ offset }) => spanOfLayout(layout, offset));
        expect(again.map((span) => span && plainSpan(span))).toEqual(plain);
        const alone = places.map(({ offset, length }, index) => {
          const envelope = layout.envelopes[spans[index]?.envelope ?? -1];
          return envelope && spanFromProtobuf(bytes.subarray(offset, offset + length), envelope);
        });
        expect(alone.map((span) => span && plainSpan(span))).toEqual(plain);
        expect(spanOfLayout(layout, -1)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  test('traces: what is written anew as protobuf is read as it was', () => {
    fc.assert(
      fc.property(traceRequest, (data) => {
        const { spans } = value(decodeTraces(bytesOf(data), 'json'));
        const again = value(decodeTraces(encodeTraces(spans), 'protobuf'));
        expect(again.rejected).toEqual({ count: 0, reasons: [] });
        expect(bySpanId(again.spans.map(plainSpan))).toEqual(bySpanId(spans.map(plainSpan)));
      }),
      { numRuns: 300 },
    );
  });

  test('logs: protobuf as protobufjs writes it and JSON give the same records (23)', () => {
    fc.assert(
      fc.property(logsRequest, (data) => {
        const protobuf = value(decodeLogs(encodeOtlp('LogsRequest', data), 'protobuf'));
        expect(protobuf).toEqual(value(decodeLogs(bytesOf(data), 'json')));
        const count = data.resourceLogs.flatMap((r) => r.scopeLogs.flatMap((s) => s.logRecords));
        expect(protobuf.logs).toHaveLength(count.length);
      }),
      { numRuns: 300 },
    );
  });
});

/** In any order that does not depend on which spans stand together. */
function bySpanId(spans: readonly TelemetrySpan[]): readonly TelemetrySpan[] {
  const key = (span: TelemetrySpan): string =>
    JSON.stringify([span.spanId, span.name, span.startTimeUnixNano]);
  return spans.toSorted((left, right) => (key(left) < key(right) ? -1 : 1));
}

interface ProtobufjsAttribute {
  readonly key?: string;
  readonly value?: ProtobufjsValue;
}
interface ProtobufjsValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values?: readonly ProtobufjsValue[] };
  readonly kvlistValue?: { readonly values?: readonly ProtobufjsAttribute[] };
}
interface ProtobufjsRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly ProtobufjsAttribute[] };
    readonly scopeSpans?: readonly {
      readonly scope?: { readonly name?: string };
      readonly spans?: readonly {
        readonly traceId: string;
        readonly name?: string;
        readonly startTimeUnixNano?: string;
        readonly status?: { readonly code?: number; readonly message?: string };
        readonly attributes?: readonly ProtobufjsAttribute[];
        readonly events?: readonly { readonly name?: string; readonly timeUnixNano: string }[];
      }[];
    }[];
  }[];
}

function attributesOf(attributes: readonly ProtobufjsAttribute[] = []): Map<string, unknown> {
  return new Map(attributes.map(({ key = '', value }) => [key, plainValue(value)]));
}

function plainValue(value: ProtobufjsValue = {}): unknown {
  if (value.intValue !== undefined) {
    const exact = BigInt(value.intValue);
    return BigInt(Number(exact)) === exact && Number.isSafeInteger(Number(exact))
      ? Number(exact)
      : exact;
  }
  if (value.bytesValue !== undefined) return { bytes: value.bytesValue };
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plainValue);
  if (value.kvlistValue !== undefined) {
    return Object.fromEntries(attributesOf(value.kvlistValue.values));
  }
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? null;
}
