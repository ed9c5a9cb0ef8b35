import { Attr, EventName } from '@aftertrace/schema';

import { beganWithin, compareSpans, lengthOf, spanKey, type PlacedSpan } from './placed-span.ts';
import type { EventRecord, SpanRecord } from './records.ts';
import { resolveAncestry, type Ancestry, type Family } from './resolve-ancestry.ts';
import { RunAncestry } from './run-ancestry.ts';

/** How far a run has come, as far as its telemetry tells. */
export type RunProgress =
  /** Its topmost span was seen, and nothing above it is missing. */
  | 'ended'
  /** Something says that it ended, but spans may still be on their way: a parent, or the spans of a sampled run. */
  | 'ended_awaiting_spans'
  | 'open';

/** The spans and events of one run, the spans as deep as they are known. */
export interface RunOf<Span> {
  /** Unique among runs, and the same whenever the same run is looked at. */
  readonly key: string;
  /** Minted by the agent, where it was ours. */
  readonly runId: string | undefined;
  readonly traceId: string;
  readonly rootSpanId: string;
  /** The topmost agent span, else the local root; `undefined` where it was not seen. */
  readonly root: Span | undefined;
  readonly spans: readonly Span[];
  readonly events: readonly EventRecord[];
  readonly progress: RunProgress;
  /** Spans whose place was found by time, since a parent is missing. */
  readonly orphans: number;
  readonly ancestry: RunAncestry;
}

/** A run whose spans can be read. */
export type RunPart = RunOf<SpanRecord>;

interface Draft<Span> {
  readonly key: string;
  readonly runId: string | undefined;
  /** What the run is below, where that and no run id makes it one. */
  readonly top: Span | undefined;
  readonly spans: Span[];
  readonly events: EventRecord[];
  orphans: number;
}

/** The runs that are found, by their keys. */
type Drafts<Span> = Map<string, Draft<Span>>;

/** Stands for the trace of a run of which only records without a trace tell. */
export const NO_TRACE = '0'.repeat(32);

/**
 * Divides the spans and events of connected traces into runs. A run is what shares `aftertrace.run.id`, else what is
 * below a topmost agent span, else, where a trace has no agent span at all, the whole trace below its root. Spans whose
 * parent is missing join the run that was going on at their time. Traces without any agent, model call or tool hold
 * no run.
 *
 * @param overRuns ids of runs that are over, though nothing in them says so
 */
export function partition<Span extends PlacedSpan>(
  family: Family<Span>,
  events: Iterable<EventRecord>,
  overRuns?: ReadonlySet<string>,
): readonly RunOf<Span>[] {
  const { spans } = family;
  const placed = resolveAncestry(family);
  const drafts: Drafts<Span> = new Map();
  const strays: Span[] = [];
  let latest: Draft<Span> | undefined;
  for (const span of spans) {
    const { runId, topAgent } = placed[span.order] as Ancestry<Span>;
    if (runId === undefined && topAgent === undefined) {
      strays.push(span);
      continue;
    }
    // Spans of one run mostly come together.
    if (latest === undefined || !isOf(latest, runId, topAgent)) {
      latest =
        runId === undefined
          ? draftOf(drafts, `agent:${topAgent?.key ?? ''}`, { top: topAgent })
          : draftOf(drafts, `run:${runId}`, { runId });
    }
    latest.spans.push(span);
  }
  if (strays.length > 0) placeStrays(strays, drafts, placed);
  const homeless: EventRecord[] = [];
  for (const event of events) {
    if (event.runId === undefined) homeless.push(event);
    else draftOf(drafts, `run:${event.runId}`, { runId: event.runId }).events.push(event);
  }
  placeEvents(homeless, drafts);
  const ancestry = new RunAncestry(spans, placed);
  const runs: RunOf<Span>[] = [];
  for (const draft of drafts.values()) {
    const run = finish(draft, placed, ancestry);
    const isOver = run.progress === 'open' && overRuns?.has(run.runId ?? '') === true;
    runs.push(isOver ? { ...run, progress: 'ended' } : run);
  }
  return runs;
}

function isOf<Span>(
  draft: Draft<Span>,
  runId: string | undefined,
  topAgent: Span | undefined,
): boolean {
  return draft.runId === runId && (runId !== undefined || draft.top === topAgent);
}

function draftOf<Span>(
  drafts: Drafts<Span>,
  key: string,
  { runId, top }: { readonly runId?: string; readonly top?: Span | undefined },
): Draft<Span> {
  let draft = drafts.get(key);
  if (draft === undefined) {
    draft = { key, runId, top, spans: [], events: [], orphans: 0 };
    drafts.set(key, draft);
  }
  return draft;
}

type Placed<Span extends PlacedSpan> = readonly Ancestry<Span>[];

function isOrphaned<Span extends PlacedSpan>(span: Span, placed: Placed<Span>): boolean {
  return placed[span.order]?.orphaned === true;
}

function isTopAgent<Span extends PlacedSpan>(span: Span, placed: Placed<Span>): boolean {
  return placed[span.order]?.topAgent === span;
}

/** Spans that no run's own spans are above of: into the run that encloses them in time, else the trace's own run. */
function placeStrays<Span extends PlacedSpan>(
  strays: readonly Span[],
  drafts: Drafts<Span>,
  placed: Placed<Span>,
): void {
  const byTrace = Map.groupBy(strays, (record) => record.traceId);
  const rootsByTrace = Map.groupBy(
    [...drafts.values()].flatMap((draft) => draftRoots(draft, placed)),
    ({ root }) => root.traceId,
  );
  for (const [traceId, records] of byTrace) {
    const roots = rootsByTrace.get(traceId) ?? [];
    const left: Span[] = [];
    for (const record of records) {
      const draft = record.role === 'other' ? undefined : enclosing(record, roots);
      if (draft === undefined) {
        left.push(record);
      } else {
        draft.spans.push(record);
        if (isOrphaned(record, placed)) draft.orphans += 1;
      }
    }
    if (left.some((record) => record.role !== 'other')) placeTrace(left, drafts, placed);
  }
}

interface DraftRoot<Span extends PlacedSpan> {
  readonly draft: Draft<Span>;
  readonly root: Span;
}

function draftRoots<Span extends PlacedSpan>(
  draft: Draft<Span>,
  placed: Placed<Span>,
): readonly DraftRoot<Span>[] {
  return draft.spans.filter((span) => isTopAgent(span, placed)).map((root) => ({ draft, root }));
}

/** The run with the shortest root span around the record's start. */
function enclosing<Span extends PlacedSpan>(
  record: Span,
  roots: readonly DraftRoot<Span>[],
): Draft<Span> | undefined {
  let best: { readonly draft: Draft<Span>; readonly length: number } | undefined;
  for (const { draft, root } of roots) {
    if (!beganWithin(record, root)) continue;
    const length = lengthOf(root);
    if (best === undefined || length < best.length) best = { draft, length };
  }
  return best?.draft;
}

/** A trace without agent spans: one run below its true root, or below its earliest span where the root is missing. */
function placeTrace<Span extends PlacedSpan>(
  records: readonly Span[],
  drafts: Drafts<Span>,
  placed: Placed<Span>,
): void {
  const byTrueRoot = new Map<Span, Span[]>();
  const orphans: Span[] = [];
  for (const record of records) {
    const { orphaned, localRoot } = placed[record.order] as Ancestry<Span>;
    const below = orphaned ? orphans : byTrueRoot.get(localRoot);
    if (below === undefined) byTrueRoot.set(localRoot, [record]);
    else below.push(record);
  }
  const [firstRoot] = byTrueRoot.keys();
  const runRoot = firstRoot ?? earliest(orphans);
  if (runRoot === undefined) return;
  for (const [root, group] of byTrueRoot) {
    if (root !== runRoot && group.every((record) => record.role === 'other')) continue;
    draftOf(drafts, `root:${root.key}`, { top: root }).spans.push(...group);
  }
  if (orphans.length === 0) return;
  const draft = draftOf(drafts, `root:${runRoot.key}`, { top: runRoot });
  draft.spans.push(...orphans);
  draft.orphans += orphans.length;
}

function earliest<Span extends PlacedSpan>(records: readonly Span[]): Span | undefined {
  let first: Span | undefined;
  for (const record of records) {
    if (first === undefined || compareSpans(record, first) < 0) first = record;
  }
  return first;
}

/** Events without a run id: into the run of their span, else into the only run of their trace. */
function placeEvents<Span extends PlacedSpan>(
  events: readonly EventRecord[],
  drafts: Drafts<Span>,
): void {
  if (events.length === 0) return;
  const bySpan = new Map<string, Draft<Span>>();
  const byTrace = new Map<string, Set<Draft<Span>>>();
  for (const draft of drafts.values()) {
    for (const record of draft.spans) {
      bySpan.set(record.key, draft);
      const { traceId } = record;
      byTrace.set(traceId, (byTrace.get(traceId) ?? new Set()).add(draft));
    }
  }
  for (const event of events) {
    const { traceId, spanId } = event.log;
    if (traceId === undefined) continue;
    const own = spanId === undefined ? undefined : bySpan.get(spanKey(traceId, spanId));
    const runs = [...(byTrace.get(traceId) ?? [])];
    const draft = own ?? (runs.length < 2 ? (runs[0] ?? ownRun(event, drafts)) : undefined);
    draft?.events.push(event);
  }
}

/** Records of a trace of which no span came, where they say themselves what is one run. */
function ownRun<Span>({ view }: EventRecord, drafts: Drafts<Span>): Draft<Span> | undefined {
  const runId = view?.runKey;
  return runId === undefined ? undefined : draftOf(drafts, `run:${runId}`, { runId });
}

function finish<Span extends PlacedSpan>(
  draft: Draft<Span>,
  placed: Placed<Span>,
  ancestry: RunAncestry,
): RunOf<Span> {
  const root = rootOf(draft, placed);
  const events = draft.events.toSorted((left, right) => (left.identity < right.identity ? -1 : 1));
  const event = events.find(
    (record) =>
      record.log.eventName === EventName.RUN_ENDED ||
      record.log.eventName === EventName.RUN_STARTED,
  );
  const [first] = draft.spans;
  return {
    key: draft.key,
    runId: draft.runId,
    traceId:
      root?.traceId ?? event?.log.traceId ?? first?.traceId ?? events[0]?.log.traceId ?? NO_TRACE,
    rootSpanId: root?.spanId ?? event?.log.spanId ?? first?.spanId ?? events[0]?.log.spanId ?? '',
    root,
    spans: draft.spans.toSorted(compareSpans),
    events,
    progress: progressOf(draft, root, placed),
    orphans: draft.orphans,
    ancestry,
  };
}

function rootOf<Span extends PlacedSpan>(
  draft: Draft<Span>,
  placed: Placed<Span>,
): Span | undefined {
  if (draft.key.startsWith('root:')) {
    const { top } = draft;
    return top !== undefined && draft.spans.includes(top) ? top : undefined;
  }
  let root: Span | undefined;
  for (const record of draft.spans) {
    if (!isTopAgent(record, placed)) continue;
    if (root === undefined || compareSpans(record, root) < 0) root = record;
  }
  return root;
}

function progressOf<Span extends PlacedSpan>(
  draft: Draft<Span>,
  root: Span | undefined,
  placed: Placed<Span>,
): RunProgress {
  const ended = draft.events.find((event) => event.log.eventName === EventName.RUN_ENDED);
  if (root !== undefined) {
    if (!isOrphaned(root, placed) || ended !== undefined || root.statesOutcome) return 'ended';
    return root.role === 'agent' ? 'ended_awaiting_spans' : 'open';
  }
  if (ended === undefined) return 'open';
  return ended.log.attributes.get(Attr.RUN_SAMPLED) === false ? 'ended' : 'ended_awaiting_spans';
}
