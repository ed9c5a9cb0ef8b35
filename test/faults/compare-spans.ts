import type { TelemetrySpan } from '../../packages/exporter/src/decode/telemetry.ts';
import { decodeOtlp } from '../../packages/exporter/src/decode/testing/otlp-descriptor.ts';
import { hex, plainAttributes, plainMap, type Attribute, type Scope } from './plain-values.ts';

interface Request {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly Attribute[] };
    readonly scopeSpans?: readonly { readonly scope?: Scope; readonly spans?: readonly Span[] }[];
  }[];
}
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name?: string;
  readonly kind?: number;
  readonly startTimeUnixNano?: string;
  readonly endTimeUnixNano?: string;
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly attributes?: readonly Attribute[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly events?: readonly {
    readonly name?: string;
    readonly timeUnixNano?: string;
    readonly attributes?: readonly Attribute[];
  }[];
}

/** The spans of a request as protobufjs reads them, in plain data. */
export function expectedSpans(body: Uint8Array): unknown[] {
  const request = decodeOtlp('TraceRequest', body) as Request;
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ scope, spans = [] }) =>
      spans.map((span) => ({
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parent: span.parentSpanId === undefined ? undefined : hex(span.parentSpanId),
        traceState: span.traceState ?? '',
        name: span.name ?? '',
        kind: span.kind ?? 0,
        times: [span.startTimeUnixNano ?? '0', span.endTimeUnixNano ?? '0'],
        status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
        scope: [scope?.name ?? '', scope?.version ?? ''],
        attributes: plainAttributes(span.attributes),
        resource: plainAttributes(resource?.attributes),
        links: (span.links ?? []).map((link) => [hex(link.traceId), hex(link.spanId)]),
        events: (span.events ?? []).map((event) => ({
          name: event.name ?? '',
          time: event.timeUnixNano ?? '0',
          attributes: plainAttributes(event.attributes),
        })),
      })),
    ),
  );
}

/** The same of spans that ours read. */
export function plainSpans(spans: readonly TelemetrySpan[]): unknown[] {
  return spans.map((span) => ({
    traceId: span.traceId,
    spanId: span.spanId,
    parent: span.parentSpanId,
    traceState: span.traceState,
    name: span.name,
    kind: span.kind,
    times: [span.startTimeUnixNano, span.endTimeUnixNano],
    status: { ...span.status },
    scope: [span.scope.name, span.scope.version],
    attributes: plainMap(span.attributes),
    resource: plainMap(span.resource.attributes),
    links: span.links.map((link) => [link.traceId, link.spanId]),
    events: span.events.map((event) => ({
      name: event.name,
      time: event.timeUnixNano,
      attributes: plainMap(event.attributes),
    })),
  }));
}
