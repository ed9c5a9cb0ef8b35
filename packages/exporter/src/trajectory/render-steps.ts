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
import { stringifyLossless } from '../json/lossless-json.ts';
import type { AgentDocument, DocumentPlan } from './plan-documents.ts';
import type { InnerAgent } from './step-agents.ts';
import type { CallDraft, StepDraft } from './step-drafts.ts';

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
export function renderSteps(
  plan: DocumentPlan,
  judge: ToolJudge = shippedToolJudge,
): RenderedSteps {
  const calls: JudgedCall[] = [];
  const places = placesOf(plan);
  const rendered = new Map<StepDraft, AtifStep>();
  let hasContent = false;
  for (const draft of plan.drafts) {
    const place = places.get(draft);
    if (place === undefined) continue;
    rendered.set(draft, renderStep(draft, { ...place, judged: calls, plan, judge }));
    hasContent ||= tellsContent(draft);
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
  const { stepId, plan } = place;
  const started = referencesTo(plan.startedBy.get(draft));
  const ids = callIds(draft);
  const toolCalls = draft.calls.map((call, index) => renderCall(call, ids[index] ?? 'call'));
  const results = [
    ...draft.calls.flatMap((call, index) =>
      renderResult(call, { ...place, draft, id: ids[index] ?? 'call' }),
    ),
    ...(started === undefined ? [] : [{ subagent_trajectory_ref: started }]),
    ...draft.looseResults.map((result) => ({
      ...(result.callId === undefined ? {} : { extra: { aftertrace: { callId: result.callId } } }),
      content: contentText(result.content),
    })),
  ];
  const metrics = renderMetrics(draft);
  const model = draft.modelCall?.model.responseModel ?? draft.modelCall?.model.requestModel;
  const extra = stepExtra(draft, place);
  const isAgent = draft.source === 'agent';
  return {
    step_id: stepId,
    timestamp: isoTime(draft.timeUnixNano),
    source: draft.source,
    message: draft.text,
    ...(isAgent && model !== undefined ? { model_name: model } : {}),
    ...(isAgent && draft.reasoning !== undefined && !isToolOnly(draft)
      ? { reasoning_content: draft.reasoning }
      : {}),
    ...(isAgent && toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
    ...(results.length > 0 ? { observation: { results } } : {}),
    ...(isAgent && metrics !== undefined ? { metrics } : {}),
    ...(draft.modelCall === undefined
      ? isToolOnly(draft) || isDelegation(draft, started)
        ? { llm_call_count: 0 }
        : {}
      : { llm_call_count: 1 }),
    ...(draft.copied ? { is_copied_context: true } : {}),
    ...(extra === undefined ? {} : { extra: { aftertrace: extra } }),
  };
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
function markOf(draft: StepDraft, { plan, document }: StepPlace): Readonly<Record<string, string>> {
  if (draft.agent === undefined || draft.agent === document.agent?.key) return {};
  const agent = plan.agents.get(draft.agent);
  return agent === undefined ? {} : { agent: agent.name, agentSpanId: agent.record.span.spanId };
}

function stepExtra(
  draft: StepDraft,
  place: StepPlace,
): Readonly<Record<string, unknown>> | undefined {
  const call = draft.modelCall;
  const extra = {
    ...(call === undefined
      ? {}
      : {
          ...(call.record === undefined ? {} : { spanId: call.record.span.spanId }),
          ...(call.alsoSpanIds.length === 0 ? {} : { alsoSpanIds: call.alsoSpanIds }),
          ...(call.endTimeUnixNano === undefined
            ? {}
            : { durationMillis: millisBetween(call.startTimeUnixNano, call.endTimeUnixNano) }),
          ...(call.error === undefined ? {} : { error: withoutAbsent(call.error) }),
          ...(call.model.finishReasons.length === 0
            ? {}
            : { finishReasons: call.model.finishReasons }),
          ...(call.model.provider === undefined ? {} : { provider: call.model.provider }),
        }),
    ...(draft.omitted.length === 0 ? {} : { omittedParts: draft.omitted }),
    ...markOf(draft, place),
  };
  return Object.keys(extra).length === 0 ? undefined : extra;
}

function withoutAbsent(error: {
  readonly type: string;
  readonly message: string | undefined;
}): Readonly<Record<string, string>> {
  return { type: error.type, ...(error.message === undefined ? {} : { message: error.message }) };
}

/** The calls' ids where known, else one made of the span; unique within the step in any case. */
function callIds(draft: StepDraft): readonly string[] {
  const taken = new Set<string>();
  return draft.calls.map((call, index) => {
    const spanId = call.use?.spanId ?? draft.modelCall?.record?.span.spanId;
    let id =
      call.id ??
      (call.use?.spanId === undefined ? `call_${spanId ?? 'none'}_${index + 1}` : `call_${spanId}`);
    while (taken.has(id)) id = `${id}#${index + 1}`;
    taken.add(id);
    return id;
  });
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
  const changed =
    isRecord(use?.arguments) &&
    isRecord(proposed?.arguments) &&
    stringifyLossless(use.arguments) !== stringifyLossless(proposed.arguments);
  const extra = {
    ...(use?.spanId === undefined ? {} : { spanId: use.spanId }),
    ...(use?.decision === undefined ? {} : { decision: use.decision.id }),
    ...(changed ? { proposedArguments: proposed?.arguments } : {}),
    ...(args === undefined ? { argumentsKnown: false } : {}),
  };
  return {
    tool_call_id: id,
    function_name: toolOf(call),
    arguments: asObject(args),
    ...(Object.keys(extra).length === 0 ? {} : { extra: { aftertrace: extra } }),
  };
}

interface ResultPlace extends StepPlace {
  readonly draft: StepDraft;
  readonly id: string;
}

function renderResult(call: CallDraft, place: ResultPlace): readonly AtifObservationResult[] {
  const { use, repeated } = call;
  const tool = toolOf(call);
  const content = use?.result ?? repeated?.content;
  const outcome =
    use?.outcome ??
    (content === undefined
      ? UNKNOWN_OUTCOME
      : place.judge.ofRepeated(tool, argumentsOf(call), content));
  if (!place.draft.copied) {
    place.judged.push({
      step: place.lineStep,
      tool,
      callId: place.id,
      outcome,
      arguments: argumentsOf(call),
      result: content,
      spanId: use?.spanId,
      isPieced: use?.isPieced ?? false,
      timeUnixNano: use?.startTimeUnixNano ?? place.draft.timeUnixNano,
    });
  }
  const started = referencesTo(place.plan.startedBy.get(call));
  if (use === undefined && content === undefined && started === undefined) return [];
  return [
    {
      source_call_id: place.id,
      ...(started === undefined ? {} : { subagent_trajectory_ref: started }),
      extra: {
        aftertrace: {
          ...(use?.spanId === undefined ? {} : { spanId: use.spanId }),
          outcome,
          ...(use === undefined ? {} : { startedAt: isoTime(use.startTimeUnixNano) }),
          ...(use?.endTimeUnixNano === undefined
            ? {}
            : { durationMillis: millisBetween(use.startTimeUnixNano, use.endTimeUnixNano) }),
        },
      },
      ...(content === undefined ? {} : { content: contentText(content) }),
    },
  ];
}

/** Text as it is, anything else as JSON. */
function contentText(content: unknown): string {
  return typeof content === 'string' ? content : stringifyLossless(content);
}

function renderMetrics(draft: StepDraft): AtifMetrics | undefined {
  const { usage } = draft;
  const metrics: AtifMetrics = {
    ...(usage.inputTokens === undefined ? {} : { prompt_tokens: usage.inputTokens }),
    ...(usage.outputTokens === undefined ? {} : { completion_tokens: usage.outputTokens }),
    ...(usage.cachedTokens === undefined ? {} : { cached_tokens: usage.cachedTokens }),
    ...(usage.costUsd === undefined ? {} : { cost_usd: usage.costUsd }),
    ...(usage.reasoningTokens === undefined
      ? {}
      : { extra: { reasoning_tokens: usage.reasoningTokens } }),
  };
  return Object.keys(metrics).length === 0 ? undefined : metrics;
}
