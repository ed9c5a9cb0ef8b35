import type { OtherSpan, TrajectoryExtra } from '@aftertrace/schema';

import type { RunPart } from '../assemble/partition.ts';
import type {
  TelemetryAttributes,
  TelemetrySpan,
  TelemetrySpanEvent,
} from '../decode/telemetry.ts';
import { WireAttributes } from '../decode/wire-attributes.ts';
import type { ContentFilter } from '../redact/redact-steps.ts';
import type { Redactor } from '../redact/redactor.ts';
import type { Writable } from './writable.ts';

/** Spans that a line holds; more are counted. */
const MAX_SPANS = 100;
/** Characters of names, values and messages of all of them together; from there on spans are counted only. */
const MAX_CHARS = 256 * 1024;

/** Attributes whose texts are words of a convention and never content: they stay where no content is kept. */
const NEVER_CONTENT: ReadonlySet<string> = new Set([
  'db.operation.name',
  'db.system',
  'db.system.name',
  'error.type',
  'exception.type',
  'http.method',
  'http.request.method',
  'messaging.operation.type',
  'messaging.system',
  'network.protocol.name',
  'network.protocol.version',
  'rpc.system',
  'rpc.system.name',
  'url.scheme',
]);

/** How the content of spans is cleaned. */
export interface SpanCleaning {
  readonly filter: ContentFilter;
  /** For what stays where no content is kept. */
  readonly redactor: Redactor;
}

/** Whether the run has spans that no dialect knows and that may hold content. */
export function tellsOtherContent(part: RunPart): boolean {
  return part.spans.some(
    (record) =>
      isOther(record) &&
      (record.span.attributes.size > 0 ||
        record.span.events.length > 0 ||
        record.span.status.message !== ''),
  );
}

/** The spans of a run that no dialect knows, as they came, except for what the content filter takes. */
export function otherSpansOf(
  part: RunPart,
  cleaning: SpanCleaning,
): Pick<TrajectoryExtra, 'otherSpans' | 'otherSpansOmitted'> {
  const spans: OtherSpan[] = [];
  let omitted = 0;
  let chars = 0;
  for (const record of part.spans) {
    if (!isOther(record)) continue;
    if (spans.length >= MAX_SPANS || chars >= MAX_CHARS) {
      omitted += 1;
      continue;
    }
    const size = sizeOf(record.span);
    if (chars + size > MAX_CHARS) {
      omitted += 1;
      continue;
    }
    chars += size;
    spans.push(otherSpan(record.span, cleaning));
  }
  return {
    ...(spans.length === 0 ? {} : { otherSpans: spans }),
    ...(omitted === 0 ? {} : { otherSpansOmitted: omitted }),
  };
}

function isOther({ view }: RunPart['spans'][number]): boolean {
  return view.role === 'other' && view.dialect === 'unknown';
}

function otherSpan(span: TelemetrySpan, cleaning: SpanCleaning): OtherSpan {
  const { status, scope, parentSpanId, events } = span;
  const { traceId, spanId } = span;
  const ids = parentSpanId === undefined ? { traceId, spanId } : { traceId, spanId, parentSpanId };
  const other: Writable<OtherSpan> = {
    ...ids,
    name: nameOf(span.name, cleaning),
    kind: span.kind,
    startTimeUnixNano: span.startTimeUnixNano,
    endTimeUnixNano: span.endTimeUnixNano,
  };
  if (status.code !== 0 || status.message !== '') other.status = statusOf(span, cleaning);
  const attributes = attributesOf(span.attributes, cleaning);
  if (attributes !== undefined) other.attributes = attributes;
  if (events.length > 0) other.events = events.map((event) => eventOf(event, cleaning));
  if (scope.version !== '') other.scope = { name: scope.name, version: scope.version };
  else if (scope.name !== '') other.scope = { name: scope.name };
  return other;
}

function nameOf(name: string, { filter, redactor }: SpanCleaning): string {
  return filter.keeps ? filter.text(name) : redactor.text(name);
}

function eventOf(
  event: TelemetrySpanEvent,
  cleaning: SpanCleaning,
): NonNullable<OtherSpan['events']>[number] {
  const attributes = attributesOf(event.attributes, cleaning);
  return {
    name: nameOf(event.name, cleaning),
    timeUnixNano: event.timeUnixNano,
    ...(attributes === undefined ? {} : { attributes }),
  };
}

function statusOf(
  { status: { code, message } }: TelemetrySpan,
  { filter }: SpanCleaning,
): NonNullable<OtherSpan['status']> {
  return {
    code,
    ...(message === '' || !filter.keeps ? {} : { message: filter.text(message, 'spans') }),
  };
}

/** Without content numbers and booleans stay, redacted, and texts that are words of a convention. */
function attributesOf(
  attributes: TelemetryAttributes,
  { filter, redactor }: SpanCleaning,
): Readonly<Record<string, unknown>> | undefined {
  if (attributes.size === 0) return undefined;
  if (filter.keeps) return filter.value(recordOf(attributes), 'spans') as Record<string, unknown>;
  const kept = [...attributes].filter(
    ([key, value]) =>
      typeof value === 'number' ||
      typeof value === 'bigint' ||
      typeof value === 'boolean' ||
      (NEVER_CONTENT.has(key) && typeof value === 'string'),
  );
  if (kept.length === 0) return undefined;
  return redactor.value(Object.fromEntries(kept)) as Record<string, unknown>;
}

function recordOf(attributes: TelemetryAttributes): Readonly<Record<string, unknown>> {
  return attributes instanceof WireAttributes
    ? attributes.toRecord()
    : Object.fromEntries(attributes);
}

function sizeOf({ name, status, attributes, events }: TelemetrySpan): number {
  let size = name.length + status.message.length + charsOf(attributes);
  for (const event of events) size += event.name.length + charsOf(event.attributes);
  return size;
}

function charsOf(attributes: TelemetryAttributes): number {
  let chars = 0;
  attributes.forEach((value, key) => {
    chars += key.length + charsIn(value);
  });
  return chars;
}

function charsIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let chars = 2;
  for (const [key, item] of Object.entries(value)) chars += key.length + charsIn(item);
  return chars;
}
