import { EventName } from '@aftertrace/schema';

import { compareNanos } from '../assemble/iso-time.ts';
import type { RunPart } from '../assemble/partition.ts';
import { ancestryOf, type SpanRecord } from '../assemble/records.ts';
import type { ModelView } from '../decode/dialects/span-view.ts';
import { atOnce } from '../in-steps.ts';
import { modelCallsOf, type ModelCall } from '../trajectory/model-calls.ts';

/** What message histories may add to what spans and events tell of the calls of a run. */
export interface ToldByHistory {
  /** Some call may be judged by what a history says came back. */
  readonly judgesCalls: boolean;
  /** Histories may tell what came back from calls whose spans do not. */
  readonly mayTellResults: boolean;
}

/**
 * A result in a history counts only for a call that a model of this run proposed: what else histories repeat is context
 * from earlier runs. And it is not needed where a tool span answers the call: that was judged as it arrived. So answers
 * have to be read, which are told once, and histories only where an answer proposes what no span answers.
 *
 * @param part the root and all model and tool spans of a run
 */
export function whatOnlyHistoryTells(part: RunPart): ToldByHistory {
  const answers = answersOf(part);
  const told = part.spans.flatMap((record) =>
    record.view.role === 'model' && record.view.model !== undefined
      ? proposedIn(record.span.startTimeUnixNano, record.view.model)
      : [],
  );
  if (told.length === 0) return { judgesCalls: false, mayTellResults: false };
  // With an id and an answer for each, it does not matter which spans tell of one model call.
  if (!hasDoubtfulIds(told) && told.every((call) => isAnswered(call, answers)))
    return { judgesCalls: hasLooseDecisions(part), mayTellResults: true };
  const calls = atOnce(modelCallsOf(part));
  const proposed = calls.flatMap(({ startTimeUnixNano, model }) =>
    proposedIn(startTimeUnixNano, model),
  );
  if (proposed.length === 0) return { judgesCalls: false, mayTellResults: false };
  const unanswered = proposed.filter((call) => !isAnswered(call, answers));
  const judgesCalls =
    hasDoubtfulIds(proposed) ||
    hasLooseDecisions(part) ||
    // Of an agent of others each call is told on, one that nothing became of too.
    (unanswered.length > 0 && (part.runId === undefined || isTold(calls, unanswered)));
  return { judgesCalls, mayTellResults: true };
}

/** A call that a model proposed, and when that was asked. */
interface Proposed {
  readonly id: string | undefined;
  readonly askedAt: string;
}

function proposedIn(askedAt: string, { output }: ModelView): readonly Proposed[] {
  return output.flatMap(({ toolCalls }) => toolCalls.map(({ id }) => ({ id, askedAt })));
}

/** By the ids of calls, when the tool spans that name them began; not those that may be another span's double. */
function answersOf(part: RunPart): ReadonlyMap<string, readonly string[]> {
  const answers = new Map<string, string[]>();
  for (const tool of part.spans) {
    const id = tool.view.role === 'tool' ? tool.view.tool?.callId : undefined;
    if (id === undefined || isInsideTool(part, tool)) continue;
    const known = answers.get(id);
    if (known === undefined) answers.set(id, [tool.span.startTimeUnixNano]);
    else known.push(tool.span.startTimeUnixNano);
  }
  return answers;
}

/** Without ids of their own, calls are matched by what histories say. */
function hasDoubtfulIds(calls: readonly Proposed[]): boolean {
  const ids = new Set(calls.map(({ id }) => id));
  return ids.has(undefined) || ids.size < calls.length;
}

/** Some tool span names the call and began after the model was asked: it takes the call, with its own outcome. */
function isAnswered(
  { id, askedAt }: Proposed,
  answers: ReadonlyMap<string, readonly string[]>,
): boolean {
  const begins = id === undefined ? undefined : answers.get(id);
  return begins?.some((at) => compareNanos(askedAt, at) <= 0) === true;
}

/** It may be another span's double, and then counts for nothing. */
function isInsideTool(part: RunPart, record: SpanRecord): boolean {
  return ancestryOf(record, part)?.enclosingTool !== undefined;
}

/** Decisions about calls without a span of their own: they take a call and know no outcome. */
function hasLooseDecisions(part: RunPart): boolean {
  return part.events.some(
    ({ log }) =>
      log.eventName === EventName.TOOL_DECISION &&
      !part.spans.some(
        (tool) =>
          tool.view.role === 'tool' &&
          !isInsideTool(part, tool) &&
          tool.span.spanId === log.spanId &&
          (log.traceId === undefined || log.traceId === tool.span.traceId),
      ),
  );
}

function isTold(calls: readonly ModelCall[], unanswered: readonly Proposed[]): boolean {
  const ids = new Set(unanswered.map(({ id }) => id));
  return calls.some((call) =>
    call.model.input.some(({ toolResults }) => toolResults.some(({ callId }) => ids.has(callId))),
  );
}
