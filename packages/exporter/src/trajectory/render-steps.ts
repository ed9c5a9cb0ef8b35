import type {
  AtifMetrics,
  AtifObservationResult,
  AtifStep,
  AtifToolCall,
  ToolOutcome,
} from '@aftertrace/schema';

import { isoTime, millisBetween } from '../assemble/iso-time.ts';
import { isRecord } from '../decode/dialects/attribute-readers.ts';
import { shippedToolJudge, type ToolJudge } from '../judge/judge-tool-span.ts';
import type { InSteps } from '../in-steps.ts';
import { isSameJson } from '../json/is-same-json.ts';
import { stringifyLossless } from '../json/lossless-json.ts';
import type { AgentDocument, DocumentPlan } from './plan-documents.ts';
import type { InnerAgent } from './step-agents.ts';
import type { CallDraft, StepDraft } from './step-drafts.ts';
import type { Writable } from './writable.ts';

/** A tool call of a written step, with what became of it. */
export interface JudgedCall {
  /** `step_id` of the line's own step that made the call, or from which the agent that did was started. */
  readonly step: number;
  readonly tool: string;
  readonly callId: string;
  readonly outcome: ToolOutcome;
  /** Exactly what the call was made with, before redaction; `undefined` where it is not known. */
  readonly arguments: unknown;
  /** What came back, before redaction; `undefined` where it is not known. */
  readonly result: unknown;
  readonly spanId: string | undefined;
  /** Only its span and what others note about it tell the outcome together. */
  readonly isPieced: boolean;
  readonly timeUnixNano: string;
}

/** The steps of one agent as ATIF has them, before redaction, and those of the agents in it. */
export interface RenderedDocument {
  /** `undefined`: the run's own. */
  readonly agent: InnerAgent | undefined;
  readonly steps: readonly AtifStep[];
  readonly inner: readonly RenderedDocument[];
}

/** The whole of a run, and the judgement of every call in it. */
export interface RenderedSteps extends RenderedDocument {
  readonly calls: readonly JudgedCall[];
  /** Some message, argument or result is known. */
  readonly hasContent: boolean;
}

const UNKNOWN_OUTCOME: ToolOutcome = {
  outcome: 'unknown',
  certainty: 'likely',
  channel: 'missing',
  rule: 'exporter.no_result',
};

/**
 * Numbers the steps of each document and writes them in ATIF's words. Calls are judged, and told, in the order of time,
 * whichever document they stand in.
 *
 * @param judge of calls that only the message history tells of
 */
export function* renderSteps(
  plan: DocumentPlan,
  judge: ToolJudge = shippedToolJudge,
): InSteps<RenderedSteps> {
  const calls: JudgedCall[] = [];
  const places = placesOf(plan);
  const rendered = new Map<StepDraft, AtifStep>();
  let hasContent = false;
  for (const draft of plan.drafts) {
    const place = places.get(draft);
    if (place === undefined) continue;
    rendered.set(draft, renderStep(draft, { ...place, judged: calls, plan, judge }));
    hasContent ||= tellsContent(draft);
    yield;
  }
  return { ...documentOf(plan.root, rendered), calls, hasContent };
}

interface StepNumber {
  readonly document: AgentDocument;
  readonly stepId: number;
  /** Of the line's own step from which the document was started; the same for steps of the line itself. */
  readonly lineStep: number;
}

function placesOf({ root, startedBy }: DocumentPlan): ReadonlyMap<StepDraft, StepNumber> {
  const places = new Map<StepDraft, StepNumber>();
  const number = (document: AgentDocument, from: number | undefined): void => {
    for (const [index, draft] of document.drafts.entries()) {
      const stepId = index + 1;
      const lineStep = from ?? stepId;
      places.set(draft, { document, stepId, lineStep });
      if (document.inner.length === 0) continue;
      for (const starter of [draft, ...draft.calls]) {
        for (const inner of startedBy.get(starter) ?? []) number(inner, lineStep);
      }
    }
  };
  number(root, undefined);
  return places;
}

function documentOf(
  { agent, drafts, inner }: AgentDocument,
  rendered: ReadonlyMap<StepDraft, AtifStep>,
): RenderedDocument {
  return {
    agent,
    steps: drafts.flatMap((draft) => rendered.get(draft) ?? []),
    inner: inner.map((document) => documentOf(document, rendered)),
  };
}

function tellsContent(draft: StepDraft): boolean {
  return (
    draft.text !== '' ||
    draft.looseResults.length > 0 ||
    draft.modelCall?.error?.message !== undefined ||
    draft.calls.some(
      (call) =>
        call.use?.arguments !== undefined ||
        call.use?.result !== undefined ||
        call.proposed?.arguments !== undefined ||
        call.repeated !== undefined,
    )
  );
}

interface StepPlace extends StepNumber {
  readonly judged: JudgedCall[];
  readonly plan: DocumentPlan;
  readonly judge: ToolJudge;
}

function renderStep(draft: StepDraft, place: StepPlace): AtifStep {
  const started = referencesTo(place.plan.startedBy.get(draft));
  const ids = callIds(draft);
  const results = resultsOf(draft, { ...place, draft, ids, started });
  const extra = stepExtra(draft, place);
  const isAgent = draft.source === 'agent';
  // Fields are added one by one, in the order in which lines have them: spreading what may be absent costs a copy each.
  const step: Writable<AtifStep> = {
    step_id: place.stepId,
    timestamp: isoTime(draft.timeUnixNano),
    source: draft.source,
    message: draft.text,
  };
  if (isAgent) {
    const model = draft.modelCall?.model.responseModel ?? draft.modelCall?.model.requestModel;
    if (model !== undefined) step.model_name = model;
    if (draft.reasoning !== undefined && !isToolOnly(draft)) {
      step.reasoning_content = draft.reasoning;
    }
    if (draft.calls.length > 0) {
      step.tool_calls = draft.calls.map((call, index) => renderCall(call, ids[index] ?? 'call'));
    }
  }
  if (results.length > 0) step.observation = { results };
  if (isAgent) {
    const metrics = renderMetrics(draft);
    if (metrics !== undefined) step.metrics = metrics;
  }
  if (draft.modelCall !== undefined) step.llm_call_count = 1;
  else if (isToolOnly(draft) || isDelegation(draft, started)) step.llm_call_count = 0;
  if (draft.copied) step.is_copied_context = true;
  if (extra !== undefined) step.extra = { aftertrace: extra };
  return step;
}

interface ResultsPlace extends StepPlace {
  readonly draft: StepDraft;
  /** Of the calls, in their order. */
  readonly ids: readonly string[];
  readonly started: ReturnType<typeof referencesTo>;
}

/** What came back to the step: of its calls, of agents that it started, of calls that nobody knows. */
function resultsOf(draft: StepDraft, place: ResultsPlace): AtifObservationResult[] {
  const results: AtifObservationResult[] = [];
  for (const [index, call] of draft.calls.entries()) {
    const result = renderResult(call, place.ids[index] ?? 'call', place);
    if (result !== undefined) results.push(result);
  }
  if (place.started !== undefined) results.push({ subagent_trajectory_ref: place.started });
  for (const { callId, content } of draft.looseResults) {
    results.push({
      ...(callId === undefined ? {} : { extra: { aftertrace: { callId } } }),
      content: contentText(content),
    });
  }
  return results;
}

/** A step that exists only because a tool ran: no model call was seen for it. */
function isToolOnly(draft: StepDraft): boolean {
  return (
    draft.modelCall === undefined &&
    !draft.copied &&
    draft.calls.some((call) => call.proposed === undefined)
  );
}

/** A step that exists only because an agent was started: no call for it was seen. */
function isDelegation(draft: StepDraft, started: unknown): boolean {
  const { source, modelCall, copied, calls, text } = draft;
  const isEmpty = calls.length === 0 && text === '' && modelCall === undefined && !copied;
  return started !== undefined && source === 'agent' && isEmpty;
}

function referencesTo(
  documents: readonly AgentDocument[] | undefined,
): { readonly trajectory_id: string }[] | undefined {
  return documents?.flatMap(({ agent }) =>
    agent === undefined ? [] : [{ trajectory_id: agent.trajectoryId }],
  );
}

/** Whose step it is, where that is not the document's own agent. */
function markOf(
  draft: StepDraft,
  { plan, document }: StepPlace,
): Readonly<Record<string, string>> | undefined {
  if (draft.agent === undefined || draft.agent === document.agent?.key) return undefined;
  const agent = plan.agents.get(draft.agent);
  return agent && { agent: agent.name, agentSpanId: agent.record.span.spanId };
}

function stepExtra(
  draft: StepDraft,
  place: StepPlace,
): Readonly<Record<string, unknown>> | undefined {
  const { modelCall: call, omitted } = draft;
  const mark = markOf(draft, place);
  if (call === undefined && omitted.length === 0 && mark === undefined) return undefined;
  const extra: Record<string, unknown> = {};
  if (call !== undefined) {
    const { finishReasons, provider } = call.model;
    if (call.record !== undefined) extra['spanId'] = call.record.span.spanId;
    if (call.alsoSpanIds.length > 0) extra['alsoSpanIds'] = call.alsoSpanIds;
    if (call.endTimeUnixNano !== undefined) {
      extra['durationMillis'] = millisBetween(call.startTimeUnixNano, call.endTimeUnixNano);
    }
    if (call.error !== undefined) extra['error'] = withoutAbsent(call.error);
    if (finishReasons.length > 0) extra['finishReasons'] = finishReasons;
    if (provider !== undefined) extra['provider'] = provider;
  }
  if (omitted.length > 0) extra['omittedParts'] = omitted;
  return Object.keys(extra).length === 0 && mark === undefined
    ? undefined
    : Object.assign(extra, mark);
}

function withoutAbsent(error: {
  readonly type: string;
  readonly message: string | undefined;
}): Readonly<Record<string, string>> {
  return { type: error.type, ...(error.message === undefined ? {} : { message: error.message }) };
}

/** The calls' ids where known, else one made of the span; unique within the step in any case. */
function callIds(draft: StepDraft): readonly string[] {
  const taken: string[] = [];
  for (const [index, call] of draft.calls.entries()) {
    let id = call.id ?? madeId(draft, call, index);
    while (taken.includes(id)) id = `${id}#${index + 1}`;
    taken.push(id);
  }
  return taken;
}

function madeId(draft: StepDraft, { use }: CallDraft, index: number): string {
  if (use?.spanId !== undefined) return `call_${use.spanId}`;
  return `call_${draft.modelCall?.record?.span.spanId ?? 'none'}_${index + 1}`;
}

function argumentsOf(call: CallDraft): unknown {
  const { use, proposed } = call;
  if (use?.arguments === undefined) return proposed?.arguments;
  // Text that an instrumentation made of the arguments (a Python repr) says less than what the model proposed.
  return isRecord(use.arguments) || !isRecord(proposed?.arguments)
    ? use.arguments
    : proposed.arguments;
}

/** ATIF wants an object: text that is no JSON and bare values stand under `_raw`, which no tool names an argument. */
function asObject(value: unknown): Record<string, unknown> {
  if (isRecord(value)) return { ...value };
  return value === undefined || value === null || value === '' ? {} : { _raw: value };
}

/** What the call is of: whatever names it with more than nothing. */
function toolOf({ use, proposed }: CallDraft): string {
  return [use?.name, proposed?.name].find((name) => name !== undefined && name !== '') ?? 'unknown';
}

function renderCall(call: CallDraft, id: string): AtifToolCall {
  const { use, proposed } = call;
  const args = argumentsOf(call);
  const extra: Record<string, unknown> = {};
  if (use?.spanId !== undefined) extra['spanId'] = use.spanId;
  if (use?.decision !== undefined) extra['decision'] = use.decision.id;
  if (wereChanged(use?.arguments, proposed?.arguments)) {
    extra['proposedArguments'] = proposed?.arguments;
  }
  if (args === undefined) extra['argumentsKnown'] = false;
  const rendered: Writable<AtifToolCall> = {
    tool_call_id: id,
    function_name: toolOf(call),
    arguments: asObject(args),
  };
  if (Object.keys(extra).length > 0) rendered.extra = { aftertrace: extra };
  return rendered;
}

/** The tool was called with others than the model proposed. */
function wereChanged(used: unknown, proposed: unknown): boolean {
  return isRecord(used) && isRecord(proposed) && !isSameJson(used, proposed);
}

function renderResult(
  call: CallDraft,
  id: string,
  place: ResultsPlace,
): AtifObservationResult | undefined {
  const { use, repeated } = call;
  const tool = toolOf(call);
  const args = argumentsOf(call);
  const content = use?.result ?? repeated?.content;
  const outcome =
    use?.outcome ??
    (content === undefined ? UNKNOWN_OUTCOME : place.judge.ofRepeated(tool, args, content));
  if (!place.draft.copied) {
    place.judged.push({
      step: place.lineStep,
      tool,
      callId: id,
      outcome,
      arguments: args,
      result: content,
      spanId: use?.spanId,
      isPieced: use?.isPieced ?? false,
      timeUnixNano: use?.startTimeUnixNano ?? place.draft.timeUnixNano,
    });
  }
  const started = referencesTo(place.plan.startedBy.get(call));
  if (use === undefined && content === undefined && started === undefined) return undefined;
  const result: Writable<AtifObservationResult> = { source_call_id: id };
  if (started !== undefined) result.subagent_trajectory_ref = started;
  result.extra = { aftertrace: resultExtra(use, outcome) };
  if (content !== undefined) result.content = contentText(content);
  return result;
}

function resultExtra(
  use: CallDraft['use'],
  outcome: ToolOutcome,
): Readonly<Record<string, unknown>> {
  const extra: Record<string, unknown> = {};
  if (use?.spanId !== undefined) extra['spanId'] = use.spanId;
  extra['outcome'] = outcome;
  if (use === undefined) return extra;
  extra['startedAt'] = isoTime(use.startTimeUnixNano);
  if (use.endTimeUnixNano !== undefined) {
    extra['durationMillis'] = millisBetween(use.startTimeUnixNano, use.endTimeUnixNano);
  }
  return extra;
}

/** Text as it is, anything else as JSON. */
function contentText(content: unknown): string {
  return typeof content === 'string' ? content : stringifyLossless(content);
}

function renderMetrics({ usage }: StepDraft): AtifMetrics | undefined {
  const metrics: Writable<AtifMetrics> = {};
  if (usage.inputTokens !== undefined) metrics.prompt_tokens = usage.inputTokens;
  if (usage.outputTokens !== undefined) metrics.completion_tokens = usage.outputTokens;
  if (usage.cachedTokens !== undefined) metrics.cached_tokens = usage.cachedTokens;
  if (usage.costUsd !== undefined) metrics.cost_usd = usage.costUsd;
  if (usage.reasoningTokens !== undefined) {
    metrics.extra = { reasoning_tokens: usage.reasoningTokens };
  }
  return Object.keys(metrics).length === 0 ? undefined : metrics;
}
