import { createLoopDetector, type Loop, type LoopDetector } from '@aftertrace/detection';

import { toNanos } from '../assemble/iso-time.ts';
import type { SpanRecord } from '../assemble/records.ts';
import { contentDigest } from './content-digest.ts';

/** Sees runs go in circles while their spans arrive. */
export interface LoopWatch {
  /** Takes a span of a tool call; tells the loop when this call made it one. */
  add(record: SpanRecord): Loop | undefined;
}

/** Runs that are watched at a time; the one that was silent longest is given up first. */
const RUNS_WATCHED = 2000;
/** Spans of a run that are remembered: what comes twice is one call. */
const SPANS_REMEMBERED = 500;
/** Calls among which the other span of one call is looked for. */
const RECENT_CALLS = 8;

interface WatchedRun {
  readonly detector: LoopDetector;
  readonly spans: Set<string>;
  readonly recent: CallTime[];
}

interface CallTime {
  readonly tool: string;
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * Without content there are no arguments to compare, and no loop is seen. Spans are taken in the order in which they
 * arrive, which is that of their ends for exporters that send as spans end.
 */
export function createLoopWatch(): LoopWatch {
  const runs = new Map<string, WatchedRun>();
  return {
    add: (record) => {
      const { tool } = record.view;
      if (tool === undefined || record.outcome === undefined) return undefined;
      const run = watchedRun(runs, record.runId ?? `trace ${record.span.traceId}`);
      if (isKnown(run, record)) return undefined;
      return run.detector.add({
        tool: tool.name,
        outcome: record.outcome,
        step: 1,
        argumentsDigest: contentDigest(tool.arguments),
        resultDigest: contentDigest(tool.result),
      });
    },
  };
}

function watchedRun(runs: Map<string, WatchedRun>, key: string): WatchedRun {
  const run = runs.get(key) ?? { detector: createLoopDetector(), spans: new Set(), recent: [] };
  runs.delete(key);
  runs.set(key, run);
  if (runs.size > RUNS_WATCHED) runs.delete(oldest(runs.keys()) ?? key);
  return run;
}

/** The same span again, or another span of the same call: an MCP client's inside the framework's. */
function isKnown(run: WatchedRun, { span, view }: SpanRecord): boolean {
  if (run.spans.has(span.spanId)) return true;
  run.spans.add(span.spanId);
  if (run.spans.size > SPANS_REMEMBERED) run.spans.delete(oldest(run.spans) ?? '');
  const time: CallTime = {
    tool: view.tool?.name ?? '',
    start: toNanos(span.startTimeUnixNano),
    end: toNanos(span.endTimeUnixNano),
  };
  const doubled = run.recent.some(
    (other) => other.tool === time.tool && (encloses(time, other) || encloses(other, time)),
  );
  run.recent.push(time);
  if (run.recent.length > RECENT_CALLS) run.recent.shift();
  return doubled;
}

function encloses(outer: CallTime, inner: CallTime): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

function oldest(keys: Iterable<string>): string | undefined {
  for (const key of keys) return key;
  return undefined;
}
