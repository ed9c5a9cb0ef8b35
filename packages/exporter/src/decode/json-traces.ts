import { spanIds, spanLink } from './ids.ts';
import {
  asObject,
  eachItem,
  enumField,
  idField,
  nanosField,
  objectField,
  stringField,
  type JsonObject,
} from './json-fields.ts';
import { attributesField, resourceField, scopeField } from './json-value.ts';
import { createRejections, type Rejections } from './rejections.ts';
import { SPAN_KINDS, spanKind, STATUS_CODES, statusCode } from './span-enums.ts';
import type {
  DecodedTraces,
  TelemetryResource,
  TelemetryScope,
  TelemetrySpan,
  TelemetrySpanEvent,
} from './telemetry.ts';

/** Decodes one parsed OTLP/JSON trace request (from `parseExactJson`). Throws `MalformedInput` with the path. */
export function tracesFromParsedJson(request: unknown): DecodedTraces {
  const rejections = createRejections();
  const spans: TelemetrySpan[] = [];
  eachItem(asObject(request), 'resourceSpans', (resourceItem) => {
    const resourceSpans = asObject(resourceItem);
    const resource = resourceField(resourceSpans, rejections);
    eachItem(resourceSpans, 'scopeSpans', (scopeItem) => {
      const scopeSpans = asObject(scopeItem);
      const scope = scopeField(scopeSpans);
      eachItem(scopeSpans, 'spans', (item) => {
        const span = readSpan(asObject(item), { resource, scope, rejections });
        if (span !== undefined) spans.push(span);
      });
    });
  });
  return { spans, rejected: rejections.result() };
}

interface SpanContext {
  readonly resource: TelemetryResource;
  readonly scope: TelemetryScope;
  readonly rejections: Rejections;
}

function readSpan(span: JsonObject, context: SpanContext): TelemetrySpan | undefined {
  const { resource, scope, rejections } = context;
  const raw = {
    traceId: idField(span, 'traceId'),
    spanId: idField(span, 'spanId'),
    parentSpanId: idField(span, 'parentSpanId'),
  };
  const status = objectField(span, 'status');
  const read = {
    traceState: stringField(span, 'traceState'),
    name: stringField(span, 'name'),
    kind: spanKind(enumField(span, 'kind', SPAN_KINDS)),
    startTimeUnixNano: nanosField(span, 'startTimeUnixNano'),
    endTimeUnixNano: nanosField(span, 'endTimeUnixNano'),
    attributes: attributesField(span, rejections),
    events: readEvents(span, rejections),
    links: readLinks(span, rejections),
    status: {
      code: statusCode(enumField(status, 'code', STATUS_CODES)),
      message: stringField(status, 'message'),
    },
    resource,
    scope,
  };
  const ids = spanIds(raw, rejections);
  return ids === undefined ? undefined : { ...ids, ...read };
}

function readEvents(span: JsonObject, rejections: Rejections): readonly TelemetrySpanEvent[] {
  const events: TelemetrySpanEvent[] = [];
  eachItem(span, 'events', (item) => {
    const event = asObject(item);
    events.push({
      name: stringField(event, 'name'),
      timeUnixNano: nanosField(event, 'timeUnixNano'),
      attributes: attributesField(event, rejections),
    });
  });
  return events;
}

function readLinks(span: JsonObject, rejections: Rejections): TelemetrySpan['links'] {
  const links: { readonly traceId: string; readonly spanId: string }[] = [];
  eachItem(span, 'links', (item) => {
    const link = asObject(item);
    const read = spanLink(idField(link, 'traceId'), idField(link, 'spanId'), rejections);
    if (read !== undefined) links.push(read);
  });
  return links;
}
