import { Attr, EventName } from '@aftertrace/schema';

import { toNanos } from './iso-time.ts';
import { spanKey, type EventRecord, type SpanRecord } from './records.ts';
import { resolveAncestry, type Ancestry } from './resolve-ancestry.ts';

/** How far a run has come, as far as its telemetry tells. */
export type RunProgress =
  /** Its topmost span was seen, and nothing above it is missing. */
  | 'ended'
  /** Something says that it ended, but spans may still be on their way: a parent, or the spans of a sampled run. */
  | 'ended_awaiting_spans'
  | 'open';

/** The spans and events of one run. */
export interface RunPart {
  /** Unique among runs, and the same whenever the same run is looked at. */
  readonly key: string;
  /** Minted by the agent, where it was ours. */
  readonly runId: string | undefined;
  readonly traceId: string;
  readonly rootSpanId: string;
  /** The topmost agent span, else the local root; `undefined` where it was not seen. */
  readonly root: SpanRecord | undefined;
  readonly spans: readonly SpanRecord[];
  readonly events: readonly EventRecord[];
  readonly progress: RunProgress;
  /** Spans whose place was found by time, since a parent is missing. */
  readonly orphans: number;
  readonly ancestry: ReadonlyMap<string, Ancestry>;
}

interface Draft {
  readonly key: string;
  readonly runId: string | undefined;
  readonly spans: SpanRecord[];
  readonly events: EventRecord[];
  orphans: number;
}

const NO_TRACE = '0'.repeat(32);

/**
 * Divides the spans and events of connected traces into runs. A run is what shares `aftertrace.run.id`, else what is
 * below a topmost agent span, else, where a trace has no agent span at all, the whole trace below its root. Spans whose
 * parent is missing join the run that was going on at their time. Traces without any agent, model call or tool hold
 * no run.
 */
export function partition(
  spans: ReadonlyMap<string, SpanRecord>,
  events: Iterable<EventRecord>,
): readonly RunPart[] {
  const ancestry = resolveAncestry(spans);
  const drafts = new Map<string, Draft>();
  const strays: SpanRecord[] = [];
  for (const [key, record] of spans) {
    const place = ancestry.get(key);
    if (place?.runKey === undefined) strays.push(record);
    else draftOf(drafts, place.runKey, place.runId).spans.push(record);
  }
  placeStrays(strays, drafts, ancestry);
  const homeless: EventRecord[] = [];
  for (const event of events) {
    if (event.runId === undefined) homeless.push(event);
    else draftOf(drafts, `run:${event.runId}`, event.runId).events.push(event);
  }
  placeEvents(homeless, drafts);
  return [...drafts.values()].map((draft) => finish(draft, ancestry));
}

function draftOf(drafts: Map<string, Draft>, key: string, runId: string | undefined): Draft {
  let draft = drafts.get(key);
  if (draft === undefined) {
    draft = { key, runId, spans: [], events: [], orphans: 0 };
    drafts.set(key, draft);
  }
  return draft;
}

/** Spans that no run's own spans are above of: into the run that encloses them in time, else the trace's own run. */
function placeStrays(
  strays: readonly SpanRecord[],
  drafts: Map<string, Draft>,
  ancestry: ReadonlyMap<string, Ancestry>,
): void {
  const byTrace = Map.groupBy(strays, (record) => record.span.traceId);
  const rootsByTrace = Map.groupBy(
    [...drafts.values()].flatMap((draft) => draftRoots(draft, ancestry)),
    ({ root }) => root.span.traceId,
  );
  for (const [traceId, records] of byTrace) {
    const roots = rootsByTrace.get(traceId) ?? [];
    const left: SpanRecord[] = [];
    for (const record of records) {
      const draft = record.view.role === 'other' ? undefined : enclosing(record, roots);
      if (draft === undefined) {
        left.push(record);
      } else {
        draft.spans.push(record);
        if (ancestry.get(keyOf(record))?.orphaned === true) draft.orphans += 1;
      }
    }
    if (left.some((record) => record.view.role !== 'other')) placeTrace(left, drafts, ancestry);
  }
}

interface DraftRoot {
  readonly draft: Draft;
  readonly root: SpanRecord;
}

function draftRoots(draft: Draft, ancestry: ReadonlyMap<string, Ancestry>): readonly DraftRoot[] {
  return draft.spans
    .filter((record) => ancestry.get(keyOf(record))?.topAgent === keyOf(record))
    .map((root) => ({ draft, root }));
}

/** The run with the shortest root span around the record's start. */
function enclosing(record: SpanRecord, roots: readonly DraftRoot[]): Draft | undefined {
  const start = toNanos(record.span.startTimeUnixNano);
  let best: { readonly draft: Draft; readonly length: bigint } | undefined;
  for (const { draft, root } of roots) {
    const from = toNanos(root.span.startTimeUnixNano);
    const to = toNanos(root.span.endTimeUnixNano);
    if (start < from || start > to) continue;
    if (best === undefined || to - from < best.length) best = { draft, length: to - from };
  }
  return best?.draft;
}

/** A trace without agent spans: one run below its true root, or below its earliest span where the root is missing. */
function placeTrace(
  records: readonly SpanRecord[],
  drafts: Map<string, Draft>,
  ancestry: ReadonlyMap<string, Ancestry>,
): void {
  const byTrueRoot = new Map<string, SpanRecord[]>();
  const orphans: SpanRecord[] = [];
  for (const record of records) {
    const place = ancestry.get(keyOf(record));
    if (place === undefined || place.orphaned) orphans.push(record);
    else byTrueRoot.set(place.localRoot, [...(byTrueRoot.get(place.localRoot) ?? []), record]);
  }
  const [firstRoot] = byTrueRoot.keys();
  const rootKey = firstRoot ?? earliestKey(orphans);
  if (rootKey === undefined) return;
  for (const [key, group] of byTrueRoot) {
    if (key !== rootKey && group.every((record) => record.view.role === 'other')) continue;
    draftOf(drafts, `root:${key}`, undefined).spans.push(...group);
  }
  if (orphans.length === 0) return;
  const draft = draftOf(drafts, `root:${rootKey}`, undefined);
  draft.spans.push(...orphans);
  draft.orphans += orphans.length;
}

function earliestKey(records: readonly SpanRecord[]): string | undefined {
  let earliest: SpanRecord | undefined;
  for (const record of records) {
    if (earliest === undefined || isBefore(record, earliest)) earliest = record;
  }
  return earliest === undefined ? undefined : keyOf(earliest);
}

/** Events without a run id: into the run of their span, else into the only run of their trace. */
function placeEvents(events: readonly EventRecord[], drafts: Map<string, Draft>): void {
  if (events.length === 0) return;
  const bySpan = new Map<string, Draft>();
  const byTrace = new Map<string, Set<Draft>>();
  for (const draft of drafts.values()) {
    for (const record of draft.spans) {
      bySpan.set(keyOf(record), draft);
      const { traceId } = record.span;
      byTrace.set(traceId, (byTrace.get(traceId) ?? new Set()).add(draft));
    }
  }
  for (const event of events) {
    const { traceId, spanId } = event.log;
    if (traceId === undefined) continue;
    const own = spanId === undefined ? undefined : bySpan.get(spanKey(traceId, spanId));
    const runs = [...(byTrace.get(traceId) ?? [])];
    const draft = own ?? (runs.length === 1 ? runs[0] : undefined);
    draft?.events.push(event);
  }
}

function finish(draft: Draft, ancestry: ReadonlyMap<string, Ancestry>): RunPart {
  const root = rootOf(draft, ancestry);
  const event = draft.events.find(
    (record) =>
      record.log.eventName === EventName.RUN_ENDED ||
      record.log.eventName === EventName.RUN_STARTED,
  );
  const first = draft.spans[0]?.span;
  return {
    key: draft.key,
    runId: draft.runId,
    traceId:
      root?.span.traceId ??
      event?.log.traceId ??
      first?.traceId ??
      draft.events[0]?.log.traceId ??
      NO_TRACE,
    rootSpanId:
      root?.span.spanId ?? event?.log.spanId ?? first?.spanId ?? draft.events[0]?.log.spanId ?? '',
    root,
    spans: draft.spans.toSorted((left, right) => (isBefore(left, right) ? -1 : 1)),
    events: draft.events.toSorted((left, right) => (left.identity < right.identity ? -1 : 1)),
    progress: progressOf(draft, root, ancestry),
    orphans: draft.orphans,
    ancestry,
  };
}

function rootOf(draft: Draft, ancestry: ReadonlyMap<string, Ancestry>): SpanRecord | undefined {
  if (draft.key.startsWith('root:')) {
    const key = draft.key.slice('root:'.length);
    return draft.spans.find((record) => keyOf(record) === key);
  }
  let root: SpanRecord | undefined;
  for (const record of draft.spans) {
    if (ancestry.get(keyOf(record))?.topAgent !== keyOf(record)) continue;
    if (root === undefined || isBefore(record, root)) root = record;
  }
  return root;
}

function progressOf(
  draft: Draft,
  root: SpanRecord | undefined,
  ancestry: ReadonlyMap<string, Ancestry>,
): RunProgress {
  const ended = draft.events.find((event) => event.log.eventName === EventName.RUN_ENDED);
  if (root !== undefined) {
    const orphaned = ancestry.get(keyOf(root))?.orphaned === true;
    if (!orphaned || ended !== undefined || root.span.attributes.has(Attr.RUN_OUTCOME))
      return 'ended';
    return root.view.role === 'agent' ? 'ended_awaiting_spans' : 'open';
  }
  if (ended === undefined) return 'open';
  return ended.log.attributes.get(Attr.RUN_SAMPLED) === false ? 'ended' : 'ended_awaiting_spans';
}

/** Earlier start first; of two that start together the longer one, which encloses the other; then by id. */
function isBefore(left: SpanRecord, right: SpanRecord): boolean {
  const start = toNanos(left.span.startTimeUnixNano) - toNanos(right.span.startTimeUnixNano);
  if (start !== 0n) return start < 0n;
  const end = toNanos(right.span.endTimeUnixNano) - toNanos(left.span.endTimeUnixNano);
  if (end !== 0n) return end < 0n;
  return left.span.spanId < right.span.spanId;
}

function keyOf(record: SpanRecord): string {
  return spanKey(record.span.traceId, record.span.spanId);
}
