import { Attr, EventName, sha256Hex, type ToolOutcome } from '@aftertrace/schema';

import {
  readDecision,
  readOverride,
  readToolOutcome,
  type RecordedDecision,
  type RecordedOverride,
  type Standing,
} from '../decode/dialects/aftertrace-attributes.ts';
import { stringOf } from '../decode/dialects/attribute-readers.ts';
import type { LogView } from '../decode/dialects/log-view.ts';
import { readLog } from '../decode/dialects/read-log.ts';
import { kindOfSpan } from '../decode/dialects/kind-of-span.ts';
import { readSpan } from '../decode/dialects/read-span.ts';
import type { SpanView } from '../decode/dialects/span-view.ts';
import type { BodyPlace } from './held-request.ts';
import type { TelemetryLog, TelemetrySpan } from '../decode/telemetry.ts';
import { shippedToolJudge, type ToolJudge } from '../judge/judge-tool-span.ts';
import { stableText } from '../json/lossless-json.ts';
import { isoTime } from './iso-time.ts';
import type { RunPart } from './partition.ts';
import type { PlacedSpan } from './placed-span.ts';
import type { Ancestry } from './resolve-ancestry.ts';
import type { StoredSpan } from './stored-span.ts';

/** The request that a record came in with; told once for each of its records that the record's run is decided. */
export interface RecordOrigin {
  /** Of its request in the journal; `undefined` without one. */
  readonly place?: BodyPlace | undefined;
  settle(): void;
}

/** How an event came in. */
export interface Arrival {
  /** Milliseconds since the Unix epoch, by our clock. */
  readonly at: number;
  /** The record's share of its request, in bytes: about what it costs to hold it. */
  readonly bytes: number;
  /** Opens the record's part in its request; called once for each record that is taken. */
  readonly origin: () => RecordOrigin;
}

/** A span that was read and judged. */
export interface SpanRecord {
  readonly span: TelemetrySpan;
  readonly view: SpanView;
  /** As the index knows it; `undefined` for a span that was not read for its run. */
  readonly place: PlacedSpan | undefined;
  /** What it says of a call whose span is another one. */
  readonly note: LogView | undefined;
  /** `aftertrace.run.id` of the span itself. */
  readonly runId: string | undefined;
  /** Of tool spans, and of notes that say how a call ended. */
  readonly outcome: ToolOutcome | undefined;
  readonly decision: RecordedDecision | undefined;
  readonly override: RecordedOverride | undefined;
}

/** Where the span stands in the run that it was read for. */
export function ancestryOf({ place }: SpanRecord, part: RunPart): Ancestry | undefined {
  return place && part.ancestry.of(place);
}

/** A log event that belongs to a run. */
export interface EventRecord {
  readonly log: TelemetryLog;
  /** What a dialect reads in it; `undefined` for the events that have names of ours. */
  readonly view: LogView | undefined;
  readonly runId: string | undefined;
  readonly decision: RecordedDecision | undefined;
  readonly override: RecordedOverride | undefined;
  /** What became of the call that the event is about, as far as it tells by itself. */
  readonly outcome: ToolOutcome | undefined;
  readonly arrivedAt: number;
  readonly bytes: number;
  readonly origin: RecordOrigin;
  /** The same for the same event, however often it arrives. */
  readonly identity: string;
}

/** Events that say something of a run by names of ours; dialects know others, and what none knows is not ours to keep. */
const RUN_EVENTS = new Set<string>([
  EventName.RUN_STARTED,
  EventName.RUN_ENDED,
  EventName.TOOL_OUTCOME,
  EventName.TOOL_DECISION,
  EventName.OVERRIDE,
  EventName.CIRCUIT,
  EventName.EVALUATION_RESULT,
]);

/** Reads a span, and judges the call where it is one of a tool. */
export function spanRecord(
  span: TelemetrySpan,
  judge: ToolJudge['ofSpan'] = shippedToolJudge.ofSpan,
): SpanRecord {
  return recordOf(span, { judge });
}

/** Reads a span again, of which the index knows the rest. */
export function storedRecord(span: TelemetrySpan, stored: StoredSpan): SpanRecord {
  return recordOf(span, { stored });
}

type Known =
  | { readonly judge: ToolJudge['ofSpan']; readonly stored?: never }
  | { readonly judge?: never; readonly stored: StoredSpan };

function recordOf(span: TelemetrySpan, { judge, stored }: Known): SpanRecord {
  const { attributes } = span;
  const kind = kindOfSpan(span);
  const view = readSpan(span, kind);
  const { note } = view;
  return {
    span,
    view,
    place: stored,
    note,
    runId: kind.namesRun ? stringOf(attributes, Attr.RUN_ID) : undefined,
    outcome: judge === undefined ? stored.outcome : judged(span, view, judge),
    decision: kind.hasDecision ? readDecision(attributes, standingOf(span)) : note?.decision,
    override: kind.hasOverride ? readOverride(attributes, standingOf(span)) : note?.override,
  };
}

function judged(
  span: TelemetrySpan,
  { tool, note }: SpanView,
  judge: ToolJudge['ofSpan'],
): ToolOutcome | undefined {
  const told = tool ?? (note?.tool?.facts === undefined ? undefined : note.tool);
  return told === undefined ? undefined : judge(span, told);
}

function standingOf({ endTimeUnixNano, traceId, spanId }: TelemetrySpan): Standing {
  return { at: isoTime(endTimeUnixNano), traceId, spanId };
}

/** Reads an event of a run; `undefined` for log records that are none. */
export function eventRecord(
  log: TelemetryLog,
  arrival: Arrival,
  judge: ToolJudge = shippedToolJudge,
): EventRecord | undefined {
  const isOurs = RUN_EVENTS.has(log.eventName);
  const view = isOurs ? undefined : readLog(log);
  if (!isOurs && view === undefined) return undefined;
  // What stands in a trace is of the trace's run, whatever else groups it.
  const runId =
    stringOf(log.attributes, Attr.RUN_ID) ?? (log.traceId === undefined ? view?.runKey : undefined);
  if (runId === undefined && log.traceId === undefined) return undefined;
  return {
    log,
    view,
    runId,
    ...(view === undefined
      ? ownRecords(log)
      : { decision: view.decision, override: view.override, outcome: outcomeOfNote(view, judge) }),
    arrivedAt: arrival.at,
    bytes: arrival.bytes,
    origin: arrival.origin(),
    identity: view === undefined ? identityOf(log) : `log:${sha256Hex(identityOf(log, log.body))}`,
  };
}

function ownRecords(log: TelemetryLog): Pick<EventRecord, 'decision' | 'override' | 'outcome'> {
  const { eventName, attributes, traceId, spanId } = log;
  const standing = { at: isoTime(eventTime(log)), traceId, spanId };
  return {
    decision: eventName === EventName.OVERRIDE ? undefined : readDecision(attributes, standing),
    override:
      eventName === EventName.TOOL_DECISION ? undefined : readOverride(attributes, standing),
    outcome: eventName === EventName.TOOL_OUTCOME ? readToolOutcome(attributes) : undefined,
  };
}

/** What a note says by itself of how the call ended; nothing where it only says that it was proposed or permitted. */
function outcomeOfNote({ tool }: LogView, judge: ToolJudge): ToolOutcome | undefined {
  return tool?.facts === undefined ? undefined : judge.ofCall(tool);
}

function identityOf(log: TelemetryLog, ...more: readonly unknown[]): string {
  return stableText([
    log.eventName,
    eventTime(log),
    log.traceId ?? '',
    log.spanId ?? '',
    Object.fromEntries(log.attributes),
    ...more,
  ]);
}

/** When the event happened, else when it was first seen. */
export function eventTime(log: TelemetryLog): string {
  return log.timeUnixNano === '0' || log.timeUnixNano === ''
    ? log.observedTimeUnixNano
    : log.timeUnixNano;
}
