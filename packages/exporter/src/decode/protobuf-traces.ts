import { spanIds, spanLink } from './ids.ts';
import { readResourceEnvelope, readScopeEnvelope } from './protobuf-common.ts';
import { readAttribute, type ProtobufInput } from './protobuf-value.ts';
import { createRejections } from './rejections.ts';
import { spanKind, statusCode } from './span-enums.ts';
import type {
  DecodedTraces,
  TelemetryResource,
  TelemetryScope,
  TelemetrySpan,
  TelemetrySpanEvent,
  TelemetryValue,
} from './telemetry.ts';
import { WireReader } from './wire-reader.ts';

/** Decodes an `ExportTraceServiceRequest`. Throws `MalformedInput`. */
export function tracesFromProtobuf(body: Uint8Array): DecodedTraces {
  const input: ProtobufInput = { reader: new WireReader(body), rejections: createRejections() };
  const { reader } = input;
  const spans: TelemetrySpan[] = [];
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x0a) readResourceSpans(input, spans);
    else reader.skip(tag);
  }
  return { spans, rejected: input.rejections.result() };
}

function readResourceSpans(input: ProtobufInput, spans: TelemetrySpan[]): void {
  const { reader } = input;
  const outer = reader.enter();
  const { resource, scopes } = readResourceEnvelope(input);
  for (const position of scopes) {
    const afterScope = reader.revisit(position);
    const { scope, items } = readScopeEnvelope(input);
    for (const item of items) {
      const afterSpan = reader.revisit(item);
      const span = readSpan(input, resource, scope);
      if (span !== undefined) spans.push(span);
      reader.leave(afterSpan);
    }
    reader.leave(afterScope);
  }
  reader.leave(outer);
}

/** A span in the making. Its lists are filled by the messages inside it. */
interface SpanDraft {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  readonly attributes: Map<string, TelemetryValue>;
  readonly events: TelemetrySpanEvent[];
  readonly links: { readonly traceId: string; readonly spanId: string }[];
  readonly status: { code: number; message: string };
}

function readSpan(
  input: ProtobufInput,
  resource: TelemetryResource,
  scope: TelemetryScope,
): TelemetrySpan | undefined {
  const { reader } = input;
  const draft: SpanDraft = {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    traceState: '',
    name: '',
    kind: 0,
    startTimeUnixNano: '0',
    endTimeUnixNano: '0',
    attributes: new Map(),
    events: [],
    links: [],
    status: { code: 0, message: '' },
  };
  while (reader.more()) readSpanField(input, reader.tag(), draft);
  const ids = spanIds(draft, input.rejections);
  if (ids === undefined) return undefined;
  return {
    traceId: ids.traceId,
    spanId: ids.spanId,
    parentSpanId: ids.parentSpanId,
    traceState: draft.traceState,
    name: draft.name,
    kind: spanKind(draft.kind),
    startTimeUnixNano: draft.startTimeUnixNano,
    endTimeUnixNano: draft.endTimeUnixNano,
    attributes: draft.attributes,
    events: draft.events,
    links: draft.links,
    status: { code: statusCode(draft.status.code), message: draft.status.message },
    resource,
    scope,
  };
}

function readSpanField(input: ProtobufInput, tag: number, draft: SpanDraft): void {
  const { reader } = input;
  switch (tag) {
    case 0x0a:
      draft.traceId = reader.hex();
      break;
    case 0x12:
      draft.spanId = reader.hex();
      break;
    case 0x1a:
      draft.traceState = reader.string();
      break;
    case 0x22:
      draft.parentSpanId = reader.hex();
      break;
    case 0x2a:
      draft.name = reader.string();
      break;
    case 0x30:
      draft.kind = reader.int32();
      break;
    case 0x39:
      draft.startTimeUnixNano = reader.fixed64Text();
      break;
    case 0x41:
      draft.endTimeUnixNano = reader.fixed64Text();
      break;
    case 0x4a:
      readAttribute(input, draft.attributes);
      break;
    case 0x5a:
      draft.events.push(readEvent(input));
      break;
    case 0x6a:
      readLink(input, draft);
      break;
    case 0x7a:
      readStatus(input, draft.status);
      break;
    default:
      reader.skip(tag);
  }
}

function readEvent(input: ProtobufInput): TelemetrySpanEvent {
  const { reader } = input;
  const attributes = new Map<string, TelemetryValue>();
  let name = '';
  let timeUnixNano = '0';
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x09) timeUnixNano = reader.fixed64Text();
    else if (tag === 0x12) name = reader.string();
    else if (tag === 0x1a) readAttribute(input, attributes);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { name, timeUnixNano, attributes };
}

function readLink({ reader, rejections }: ProtobufInput, draft: SpanDraft): void {
  let traceId = '';
  let spanId = '';
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x0a) traceId = reader.hex();
    else if (tag === 0x12) spanId = reader.hex();
    else reader.skip(tag);
  }
  reader.leave(outer);
  const link = spanLink(traceId, spanId, rejections);
  if (link !== undefined) draft.links.push(link);
}

function readStatus({ reader }: ProtobufInput, status: { code: number; message: string }): void {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x12) status.message = reader.string();
    else if (tag === 0x18) status.code = reader.int32();
    else reader.skip(tag);
  }
  reader.leave(outer);
}
