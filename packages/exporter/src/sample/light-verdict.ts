import { EventName } from '@aftertrace/schema';

import type { ReadyRun } from '../assemble/assembler.ts';
import type { StoredSpan } from '../assemble/stored-span.ts';
import type { RunOf, RunPart } from '../assemble/partition.ts';
import { readRun, type ReadBody } from '../assemble/read-run.ts';
import type { EventRecord } from '../assemble/records.ts';
import { withHistoryMemo } from '../decode/dialects/history-memo.ts';
import type { DescriptionOfJudged } from '../emit/judged.ts';
import { judgeRunPart } from '../judge/judge-run-part.ts';
import type { BuiltRun } from '../trajectory/build-trajectory.ts';
import { conversationIdOf, describeRun, timingOf } from '../trajectory/describe-run.ts';
import type { EventfulRuns } from './eventful-runs.ts';
import { mayLoop } from './may-loop.ts';
import type { RunOfTrace } from './sampler.ts';
import { runOfTrace } from './run-of-trace.ts';
import { whatOnlyHistoryTells } from './told-by-history.ts';

/**
 * What can be said of a run without building it. `drop`: the full verdict would be to drop it. `look`: it must be
 * built, since something keeps it, or may.
 */
export type LightVerdict =
  | { readonly kind: 'drop'; readonly run: RunOfTrace; readonly judged: LightRun }
  | { readonly kind: 'look'; readonly why: LookReason };

/** What is known of a run that was not built. It has no calls that only histories or events tell of. */
export interface LightRun extends Pick<BuiltRun, 'trajectoryId' | 'rootSpanId' | 'outcome'> {
  /** Its conversation is that of its root, model calls and tool calls; what only other spans say is missing. */
  readonly description: DescriptionOfJudged;
  readonly calls: readonly [];
}

/** Why a run has to be built before it can be decided. */
export type LookReason =
  /** Its trace is among those to keep. */
  | 'sampled'
  /** Its end is not known, or it takes in runs that were told before. */
  | 'unresolved'
  /** A call failed or was denied, something was found or decided, or the run did not end well. */
  | 'eventful'
  /** A model proposed calls that no span answers: a message history may tell what became of them. */
  | 'history'
  /** Log records of a dialect, or notes of spans about others, tell of its calls: only together they say how those ended. */
  | 'notes'
  /** Enough calls came back with the same result to be a loop. */
  | 'repetition'
  /** Its spans could not be read. */
  | 'unreadable';

/** What a light verdict needs besides the run. */
export interface LightVerdictOptions {
  readonly readBody: ReadBody;
  readonly eventful: EventfulRuns;
  /** Runs that spans noted something about the calls of other spans in. */
  readonly noted: EventfulRuns;
  /** Whether the run would be dropped if nothing keeps it whatever its trace id says. */
  readonly wouldDrop: (run: RunOfTrace) => boolean;
}

const UNRESOLVED: LightVerdict = { kind: 'look', why: 'unresolved' };
const EVENTFUL: LightVerdict = { kind: 'look', why: 'eventful' };

/**
 * Decides uneventful successes from the index and a few attributes: of the root, of model calls their finish reasons
 * and answers, of tool calls their ids and results. No history is parsed and no step is made. Where this is not enough
 * to be certain it says `look`.
 *
 * Rejects where the disk does not give the spans.
 */
export async function mayDrop(
  ready: ReadyRun,
  options: LightVerdictOptions,
): Promise<LightVerdict> {
  const { part } = ready;
  const { root } = part;
  if (root === undefined || part.progress === 'open' || ready.absorbed.length > 0)
    return UNRESOLVED;
  if (isEventful(part, options.eventful)) return EVENTFUL;
  if (part.events.some(({ view }) => view !== undefined) || mayHold(part, options.noted))
    return { kind: 'look', why: 'notes' };
  const top = await readSome(part, [root], options.readBody);
  const agent = top.root?.view.agentName ?? (await agentNameOf(part, options.readBody));
  const run = runOfTrace(part, { agent, traceState: top.root?.span.traceState ?? '' });
  if (!options.wouldDrop(run)) return { kind: 'look', why: 'sampled' };
  const spans = part.spans.filter(
    (span) => span === root || span.role === 'model' || span.role === 'tool',
  );
  const read = await readSome(part, spans, options.readBody);
  // No call failed and no loop is possible: then calls and answer have no say in how the run ended.
  const outcome = judgeRunPart(read, { calls: [], overrides: [] });
  if (outcome.outcome !== 'success') return EVENTFUL;
  const history = withHistoryMemo(() => whatOnlyHistoryTells(read));
  if (history.judgesCalls) return { kind: 'look', why: 'history' };
  if (mayLoop(read, history.mayTellResults)) return { kind: 'look', why: 'repetition' };
  const { rootSpanId, traceId } = part;
  const description = {
    agentName: agent,
    conversationId: conversationIdOf(read),
    timing: timingOf(read),
    traceIds: [traceId],
  };
  return {
    kind: 'drop',
    run,
    judged: { trajectoryId: run.id, rootSpanId, outcome, description, calls: [] },
  };
}

function isEventful(part: RunOf<StoredSpan>, eventful: EventfulRuns): boolean {
  return (
    part.spans.some(({ outcome }) => isBad(outcome?.outcome)) ||
    part.events.some(isEventfulEvent) ||
    mayHold(part, eventful)
  );
}

function mayHold(part: RunOf<StoredSpan>, places: EventfulRuns): boolean {
  const forgotAt = places.forgotAt();
  return places.has(part) || part.spans.some(({ request }) => request.arrivedAt <= forgotAt);
}

function isEventfulEvent({ log, decision, override, outcome }: EventRecord): boolean {
  if (override !== undefined) return true;
  if (decision !== undefined && decision.verdict !== 'allow') return true;
  return (
    isBad(outcome?.outcome) || (log.eventName === EventName.TOOL_OUTCOME && outcome === undefined)
  );
}

function isBad(outcome: string | undefined): boolean {
  return outcome === 'failed' || outcome === 'denied';
}

/** The run with some of its spans only, which can be read; its root among them. */
function readSome(
  part: RunOf<StoredSpan>,
  spans: readonly StoredSpan[],
  readBody: ReadBody,
): RunPart | Promise<RunPart> {
  return readRun({ ...part, spans }, readBody);
}

/** Where the root does not say it, any span may. */
async function agentNameOf(part: RunOf<StoredSpan>, readBody: ReadBody): Promise<string> {
  return describeRun(await readRun(part, readBody)).agentName;
}
