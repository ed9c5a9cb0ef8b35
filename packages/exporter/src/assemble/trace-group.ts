import { EventName } from '@aftertrace/schema';

import { spanKey, type EventRecord, type SpanRecord } from './records.ts';

/** What has been told about one run of a group. */
export interface ToldRun {
  /** Of its run part. */
  readonly key: string;
  readonly traceId: string;
  readonly rootSpanId: string;
  readonly runId: string | undefined;
  /** Spans and events that were told, as one text; the same again is not told again. */
  readonly digest: string;
  readonly complete: boolean;
  readonly toldAt: number;
}

/** Traces that belong together because a run spans them; nearly always one trace. */
export interface TraceGroup {
  readonly spans: Map<string, SpanRecord>;
  readonly events: Map<string, EventRecord>;
  readonly traceIds: Set<string>;
  readonly runIds: Set<string>;
  /** By run key. */
  readonly told: Map<string, ToldRun>;
  firstArrival: number;
  lastArrival: number;
  /** When to look at it again, in milliseconds since the Unix epoch. */
  dueAt: number;
  /** Records that were refused, since the group was full. */
  refused: number;
}

/** A group without records. */
export function emptyGroup(at: number): TraceGroup {
  return {
    spans: new Map(),
    events: new Map(),
    traceIds: new Set(),
    runIds: new Set(),
    told: new Map(),
    firstArrival: at,
    lastArrival: at,
    dueAt: Number.POSITIVE_INFINITY,
    refused: 0,
  };
}

/** Records in a group, spans and events. */
export function sizeOf(group: TraceGroup): number {
  return group.spans.size + group.events.size;
}

/**
 * Adds a span. Of two with one id the one that ended later stays, since a span can be exported before its end.
 *
 * @returns the record that has no further use: the older one, or the new one where it is a duplicate
 */
export function putSpan(group: TraceGroup, record: SpanRecord): SpanRecord | undefined {
  const key = spanKey(record.span.traceId, record.span.spanId);
  const known = group.spans.get(key);
  if (known !== undefined && !replaces(record, known)) return record;
  group.spans.set(key, record);
  return known;
}

function replaces(record: SpanRecord, known: SpanRecord): boolean {
  const [next, previous] = [record.span.endTimeUnixNano, known.span.endTimeUnixNano];
  if (next.length !== previous.length) return next.length > previous.length;
  if (next !== previous) return next > previous;
  return record.span.attributes.size > known.span.attributes.size;
}

/** Adds an event; gives it back where it is a duplicate. */
export function putEvent(group: TraceGroup, record: EventRecord): EventRecord | undefined {
  if (group.events.has(record.identity)) return record;
  group.events.set(record.identity, record);
  return undefined;
}

/** Whether the record may be the end of a run, so that the group is worth a look soon. */
export function mayEndRun(record: SpanRecord | EventRecord): boolean {
  if ('log' in record) return record.log.eventName === EventName.RUN_ENDED;
  return record.view.role === 'agent' || record.span.parentSpanId === undefined;
}
