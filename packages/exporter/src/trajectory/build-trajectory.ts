import {
  trajectoryId,
  type AtifStep,
  type ContentMode,
  type RunOutcome,
  type Trajectory,
} from '@aftertrace/schema';

import type { ReadyRun } from '../assemble/assembler.ts';
import { NO_TRACE, type RunPart } from '../assemble/partition.ts';
import { eventTime } from '../assemble/records.ts';
import type {
  RecordedDecision,
  RecordedOverride,
} from '../decode/dialects/aftertrace-attributes.ts';
import { createHistoryMemo, withHistoryMemo } from '../decode/dialects/history-memo.ts';
import { atOnce, type InSteps } from '../in-steps.ts';
import type { ToolJudge } from '../judge/judge-tool-span.ts';
import type { RedactionPolicy } from '../redact/redaction-policy.ts';
import { judgeRunPart, rootErrorOf } from '../judge/judge-run-part.ts';
import { alwaysKept, type SamplingFacts, type SamplingVerdict } from '../sample/keep-run.ts';
import { assignTools } from './assign-tools.ts';
import { decisionsOf, describeRun, overridesOf, type RunDescription } from './describe-run.ts';
import { renderLine } from './render-line.ts';
import { renderSteps, type JudgedCall } from './render-steps.ts';
import { tellsOtherContent } from './other-spans.ts';
import { planDocuments } from './plan-documents.ts';
import { conversationOf, inOrder, plainStep, type StepDraft } from './step-drafts.ts';
import { toolUsesOf } from './tool-uses.ts';

/** A run that is to be written, with spans that can be read. */
export interface ReadableRun extends Pick<ReadyRun, 'digest' | 'reason' | 'refused'> {
  readonly part: RunPart;
}

/** How lines are made. */
export interface TrajectoryOptions {
  readonly content: ContentMode;
  /** What is removed where content is redacted; default: `DEFAULT_REDACTION_POLICY`. */
  readonly redaction?: RedactionPolicy | undefined;
  /** Decides whether the run is kept. Default: every run is. */
  readonly sample?: (run: JudgedRun) => SamplingVerdict;
  /** Of calls that only the message history tells of. Default: with the profiles that are shipped. */
  readonly toolJudge?: ToolJudge;
  /** Incidents known by now, by run id or trajectory id. Not part of what makes two lines the same. */
  readonly incidentIdsOf?: (trajectoryId: string) => readonly string[];
}

/** A run that was judged, as far as sampling looks at it. */
export interface JudgedRun extends Omit<SamplingFacts, 'hasFindings'> {
  readonly agent: string;
  /** W3C `tracestate` of the topmost span, else of the earliest; empty for none. */
  readonly traceState: string;
}

/** A run as a line, or the reason why it gets none. `trajectory` has revision 1: whoever writes it knows better. */
export interface BuiltRun {
  readonly trajectoryId: string;
  /** Of its topmost span; `undefined` for a run that only records without a trace tell of. */
  readonly traceId: string | undefined;
  readonly outcome: RunOutcome;
  /** Of the topmost span; `undefined` where that is not known. */
  readonly rootSpanId: string | undefined;
  /** `error.type` of the topmost span, where it failed. */
  readonly errorType: string | undefined;
  readonly calls: readonly JudgedCall[];
  /** What spans noted about calls that they do not name: now that the run is known, its tool is. */
  readonly decisions: readonly RecordedDecision[];
  readonly overrides: readonly RecordedOverride[];
  readonly description: RunDescription;
  readonly sampling: SamplingVerdict;
  /** `undefined` where sampling dropped the run. */
  readonly trajectory: Trajectory | undefined;
}

/**
 * Judges a run, decides whether it is kept, and writes it as an ATIF-v1.7 document, in steps: a run may have 50,000 spans.
 * Pure.
 */
export function* trajectoryInSteps(
  ready: ReadableRun,
  options: TrajectoryOptions,
): InSteps<BuiltRun> {
  const memo = createHistoryMemo();
  const work = build(ready, options);
  const next = (): IteratorResult<undefined, BuiltRun> => work.next();
  for (;;) {
    const step = withHistoryMemo(next, memo);
    if (step.done === true) return step.value;
    yield;
  }
}

/** The same in one go. */
export function buildTrajectory(ready: ReadableRun, options: TrajectoryOptions): BuiltRun {
  return atOnce(trajectoryInSteps(ready, options));
}

function* build(ready: ReadableRun, options: TrajectoryOptions): InSteps<BuiltRun> {
  const { part } = ready;
  const drafts = yield* conversationOf(part);
  const uses = yield* toolUsesOf(part, options.toolJudge);
  yield* assignTools(drafts, uses);
  const ordered = drafts.length === 0 ? [eventStep(part)] : inOrder(drafts);
  const rendered = yield* renderSteps(planDocuments(ordered, part), options.toolJudge);
  const decisions = decisionsOf(part, uses);
  const overrides = overridesOf(part, uses);
  const outcome = judgeRunPart(part, {
    calls: rendered.calls,
    overrides,
    answer: finalAnswer(rendered.steps),
  });
  const description = describeRun(part);
  const sampling = (options.sample ?? keepAll)({
    outcome: outcome.outcome,
    decisions: decisions.filter((decision) => decision.verdict !== 'allow').length,
    overrides: overrides.length,
    failedCalls: rendered.calls.filter((call) => call.outcome.outcome === 'failed').length,
    agent: description.agentName,
    traceState: (part.root ?? part.spans[0])?.span.traceState ?? '',
  });
  const id = trajectoryId({
    runId: part.runId,
    traceId: part.traceId,
    rootSpanId: part.rootSpanId,
  });
  const built = {
    trajectoryId: id,
    traceId: part.traceId === NO_TRACE ? undefined : part.traceId,
    outcome,
    rootSpanId: part.rootSpanId === '' ? undefined : part.rootSpanId,
    errorType: rootErrorOf(part)?.type,
    calls: rendered.calls,
    ...notedOf(part, decisions, overrides),
    description,
    sampling,
  };
  if (!sampling.kept) return { ...built, trajectory: undefined };
  const trajectory = yield* renderLine(ready, {
    id,
    rendered,
    decisions,
    overrides,
    outcome,
    description,
    sampling: sampling.note,
    content: rendered.hasContent || tellsOtherContent(part) ? options.content : 'none',
    redaction: options.redaction,
    incidentIds: options.incidentIdsOf?.(id) ?? [],
  });
  return { ...built, trajectory };
}

function keepAll(run: JudgedRun): SamplingVerdict {
  const rule = alwaysKept({ ...run, hasFindings: false }) ?? 'all';
  return { kept: true, note: { kept: true, rule, ratio: 1 } };
}

function notedOf(
  part: RunPart,
  decisions: readonly RecordedDecision[],
  overrides: readonly RecordedOverride[],
): Pick<BuiltRun, 'decisions' | 'overrides'> {
  const noted = part.spans.flatMap(({ note }) => note ?? []);
  if (noted.length === 0) return { decisions: [], overrides: [] };
  const ids = new Set(noted.flatMap(({ decision, override }) => [decision?.id, override?.id]));
  return {
    decisions: decisions.filter(({ id }) => ids.has(id)),
    overrides: overrides.filter(({ id }) => ids.has(id)),
  };
}

/** The text of the last step, where that is an answer: the agent's, and no tool was called in it. */
function finalAnswer(steps: readonly AtifStep[]): string | undefined {
  const last = steps.at(-1);
  const isAnswer = last?.source === 'agent' && last.tool_calls === undefined;
  return isAnswer && typeof last.message === 'string' && last.message !== ''
    ? last.message
    : undefined;
}

/** A run of which only events are known, and no tool call among them. */
function eventStep(part: RunPart): StepDraft {
  const time =
    part.events[0] === undefined
      ? (part.root?.span.startTimeUnixNano ?? '0')
      : eventTime(part.events[0].log);
  return plainStep('system', time, {
    role: 'system',
    text: '',
    reasoning: undefined,
    toolCalls: [],
    toolResults: [],
    omitted: [],
  });
}
