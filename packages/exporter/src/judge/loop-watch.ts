import { createLoopDetector, type LoopDetector } from '@aftertrace/detection';
import { Attr, EventName, GenAi, type ToolOutcome } from '@aftertrace/schema';

import type { EventRecord, SpanRecord } from '../assemble/records.ts';
import { booleanOf, stringOf } from '../decode/dialects/attribute-readers.ts';
import { encloses, timeOf, type CallTime } from './call-time.ts';
import { contentDigest } from './content-digest.ts';
import { createRecentMap } from './recent-map.ts';
import { readReportedLoop, type SeenLoop } from './loop-watch-report.ts';

/** Sees runs go in circles while their spans and events arrive. */
export interface LoopWatch {
  /** Takes a span; tells the loop when its call made it one. */
  addSpan(record: SpanRecord): SeenLoop | undefined;
  /** Takes an event; tells the loop when its call, known by no span, made it one. */
  addEvent(record: EventRecord): SeenLoop | undefined;
  /** Whether a loop was told of the run: by the agent's guard, or seen here. */
  hasTold(runId: string | undefined, traceId: string | undefined): boolean;
}

/** Runs that are watched at a time, at least; those that were silent longest are given up first. */
const RUNS_WATCHED = 2000;
/** Calls of a run that are remembered: what comes twice, or as a span and as an event, is one call. */
const CALLS_REMEMBERED = 500;
/** Calls among which the other span of one call is looked for. */
const RECENT_CALLS = 8;

interface WatchedRun {
  /** The only call so far, which is no loop: where more runs go on than are watched, most are given up before the next. */
  first: WatchedCall | undefined;
  /** From the second call on. */
  more: { readonly detector: LoopDetector; readonly calls: Set<string> } | undefined;
  readonly recent: RecentCall[];
  /** The agent said that the run's spans are recorded: each call comes as one, with what its event lacks. */
  isSampled: boolean;
  /** The agent's guard watches the run, and knows more of it: its word is taken, and nothing is added to it. */
  isWatchedAtSource: boolean;
  hasTold: boolean;
}

interface RecentCall {
  readonly tool: string;
  readonly time: CallTime;
}

interface WatchedCall {
  /** What is the same for all records of the call: the id of its span; for events without one, their own identity. */
  readonly id: string;
  readonly tool: string;
  /** Of spans: an event has an instant, and calls of one instant are not one call. */
  readonly time?: CallTime;
  readonly outcome: ToolOutcome;
  readonly argumentsDigest?: string | undefined;
  readonly resultDigest?: string | undefined;
}

/**
 * Without content there are no arguments to compare: what the agent's guard does not tell is then seen as calls without
 * progress at most. Records are taken in the order in which they arrive, which is that of the ends of calls for exporters
 * that send as calls end.
 */
export function createLoopWatch(): LoopWatch {
  const runs = createRecentMap(RUNS_WATCHED, newRun);
  return {
    addSpan: (record) => {
      const call = callOfSpan(record);
      if (call === undefined) return undefined;
      const run = runs.take(keyOf(record.runId, record.span.traceId));
      return tell(run, readReportedLoop(record.span.attributes), call);
    },
    addEvent: (record) => {
      const { eventName, attributes, traceId } = record.log;
      if (eventName === EventName.RUN_STARTED) {
        const run = runs.take(keyOf(record.runId, traceId));
        run.isSampled = booleanOf(attributes, Attr.RUN_SAMPLED) ?? false;
        return undefined;
      }
      const call = callOfEvent(record);
      if (call === undefined) return undefined;
      const run = runs.take(keyOf(record.runId, traceId));
      return tell(run, readReportedLoop(attributes), run.isSampled ? undefined : call);
    },
    hasTold: (runId, traceId) => runs.get(keyOf(runId, traceId))?.hasTold ?? false,
  };
}

function keyOf(runId: string | undefined, traceId: string | undefined): string {
  // Ids of traces are texts that the engine knows; nobody's run id begins with `run ` and is one.
  return runId === undefined ? (traceId ?? '') : `run ${runId}`;
}

function newRun(): WatchedRun {
  return {
    first: undefined,
    more: undefined,
    recent: [],
    isSampled: false,
    isWatchedAtSource: false,
    hasTold: false,
  };
}

function callOfSpan({ span, view, outcome }: SpanRecord): WatchedCall | undefined {
  const { tool } = view;
  if (tool === undefined || outcome === undefined) return undefined;
  return {
    id: span.spanId,
    tool: tool.name,
    time: timeOf(span),
    outcome,
    argumentsDigest: contentDigest(tool.arguments),
    resultDigest: contentDigest(tool.result),
  };
}

function callOfEvent({ log, view, outcome, identity }: EventRecord): WatchedCall | undefined {
  if (outcome === undefined) return undefined;
  if (view === undefined) {
    const tool = stringOf(log.attributes, GenAi.TOOL_NAME) ?? '';
    return { id: log.spanId ?? identity, tool, outcome };
  }
  // Where the record stands in a trace, the call's span comes too.
  if (view.tool === undefined || log.traceId !== undefined) return undefined;
  const { name, arguments: args } = view.tool;
  return { id: view.callId ?? identity, tool: name, outcome, argumentsDigest: contentDigest(args) };
}

/** The guard's word, else what the call makes of its run; `call` is absent where another record brings it. */
function tell(
  run: WatchedRun,
  reported: SeenLoop | undefined,
  call: WatchedCall | undefined,
): SeenLoop | undefined {
  if (reported !== undefined) run.isWatchedAtSource = true;
  const seen = reported ?? (call === undefined ? undefined : see(run, call));
  if (seen !== undefined) run.hasTold = true;
  return seen;
}

function see(run: WatchedRun, call: WatchedCall): SeenLoop | undefined {
  if (run.isWatchedAtSource || isKnown(run, call)) return undefined;
  if (run.more !== undefined) return addTo(run.more.detector, call);
  run.first = call;
  return undefined;
}

function addTo(detector: LoopDetector, call: WatchedCall): SeenLoop | undefined {
  const { tool, outcome, argumentsDigest, resultDigest } = call;
  return detector.add({ tool, outcome, step: 1, argumentsDigest, resultDigest });
}

/** The same call again: its span after its event, or an MCP client's span inside the framework's. */
function isKnown(run: WatchedRun, { id, tool, time }: WatchedCall): boolean {
  if (run.first !== undefined) {
    if (run.first.id === id) return true;
    const more = { detector: createLoopDetector(), calls: new Set([run.first.id]) };
    addTo(more.detector, run.first);
    run.more = more;
    run.first = undefined;
  }
  if (run.more !== undefined) {
    const { calls } = run.more;
    if (calls.has(id)) return true;
    calls.add(id);
    if (calls.size > CALLS_REMEMBERED) calls.delete(oldest(calls) ?? '');
  }
  if (time === undefined) return false;
  let doubled = false;
  for (const other of run.recent) {
    if (other.tool !== tool) continue;
    doubled ||= encloses(time, other.time) || encloses(other.time, time);
  }
  run.recent.push({ tool, time });
  if (run.recent.length > RECENT_CALLS) run.recent.shift();
  return doubled;
}

function oldest(keys: Iterable<string>): string | undefined {
  for (const key of keys) return key;
  return undefined;
}
