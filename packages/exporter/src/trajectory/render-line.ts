import {
  EventName,
  type AtifFinalMetrics,
  type AtifStep,
  type AtifToolDefinition,
  type AtifTrajectory,
  type ContentMode,
  type RunOutcome,
  type Trajectory,
  type TrajectoryExtra,
} from '@aftertrace/schema';

import { isoTime, millisBetween } from '../assemble/iso-time.ts';
import type { RunPart } from '../assemble/partition.ts';
import type {
  RecordedDecision,
  RecordedOverride,
} from '../decode/dialects/aftertrace-attributes.ts';
import { readUsage } from '../decode/dialects/otel-genai.ts';
import { rootErrorOf } from '../judge/judge-run-part.ts';
import type { InSteps } from '../in-steps.ts';
import { contentFilter, filterSteps, type ContentFilter } from '../redact/redact-steps.ts';
import { DEFAULT_REDACTION_POLICY, type RedactionPolicy } from '../redact/redaction-policy.ts';
import { createRedactor, type Redactor } from '../redact/redactor.ts';
import type { ReadableRun } from './build-trajectory.ts';
import type { RunDescription } from './describe-run.ts';
import { gapsOf } from './line-gaps.ts';
import type { JudgedCall, RenderedDocument, RenderedSteps } from './render-steps.ts';
import { otherSpansOf } from './other-spans.ts';
import { toolDefinitionsOf } from './tool-definitions.ts';

/** A judged run, about to become a line. */
export interface LineInput {
  readonly id: string;
  readonly rendered: RenderedSteps;
  readonly decisions: readonly RecordedDecision[];
  readonly overrides: readonly RecordedOverride[];
  readonly outcome: RunOutcome;
  readonly description: RunDescription;
  readonly sampling: TrajectoryExtra['sampling'];
  readonly content: ContentMode;
  /** What is removed where content is redacted; default: `DEFAULT_REDACTION_POLICY`. */
  readonly redaction?: RedactionPolicy | undefined;
  readonly incidentIds: readonly string[];
}

/** The ATIF-v1.7 document of a run, its content filtered. Revision 1: whoever writes it knows better. */
export function* renderLine(ready: ReadableRun, input: LineInput): InSteps<Trajectory> {
  const { description } = input;
  const { redaction = DEFAULT_REDACTION_POLICY } = input;
  const redactor = createRedactor(redaction);
  const filter = contentFilter(input.content, redactor);
  const steps = yield* filterSteps(input.rendered.steps, filter);
  const inner = yield* embedded(input.rendered.inner, {
    sessionId: description.conversationId,
    filter,
  });
  const agent = agentOf(ready.part, description, filter);
  return {
    schema_version: 'ATIF-v1.7',
    trajectory_id: input.id,
    ...(description.conversationId === undefined ? {} : { session_id: description.conversationId }),
    agent,
    extra: { aftertrace: extraOf(ready, input, { filter, redactor }) },
    final_metrics: finalMetrics(steps, inner, ready.part),
    steps,
    ...(inner.length === 0 ? {} : { subagent_trajectories: inner }),
  };
}

/** An embedded document, those in it included; it has metrics of its own, which count in those around it. */
type Embedded = AtifTrajectory & { readonly final_metrics: AtifFinalMetrics };

interface SharedByAll {
  readonly sessionId: string | undefined;
  readonly filter: ContentFilter;
}

/** The trajectories of agents inside of the run. */
function* embedded(
  documents: readonly RenderedDocument[],
  shared: SharedByAll,
): InSteps<Embedded[]> {
  const all: Embedded[] = [];
  for (const document of documents) {
    const own = yield* filterSteps(document.steps, shared.filter);
    all.push(embeddedOf(document, { own, inner: yield* embedded(document.inner, shared), shared }));
  }
  return all;
}

interface EmbeddedParts {
  readonly own: readonly AtifStep[];
  readonly inner: readonly Embedded[];
  readonly shared: SharedByAll;
}

/** The trajectory of an agent inside of the run. */
function embeddedOf(
  { agent }: RenderedDocument,
  { own, inner: documents, shared }: EmbeddedParts,
): Embedded {
  const model = own.find((step) => step.model_name !== undefined)?.model_name;
  const span = agent?.record.span;
  return {
    schema_version: 'ATIF-v1.7',
    ...present('trajectory_id', agent?.trajectoryId),
    ...present('session_id', shared.sessionId),
    agent: {
      name: agent?.name ?? 'unknown',
      version: agent?.version ?? 'unknown',
      ...present('model_name', model),
    },
    ...(span === undefined
      ? {}
      : {
          extra: {
            aftertrace: {
              agentSpanId: span.spanId,
              traceId: span.traceId,
              startedAt: isoTime(span.startTimeUnixNano),
              durationMillis: millisBetween(span.startTimeUnixNano, span.endTimeUnixNano),
            },
          },
        }),
    final_metrics: finalMetrics(own, documents),
    steps: [...own],
    ...(documents.length === 0 ? {} : { subagent_trajectories: [...documents] }),
  };
}

interface Cleaning {
  readonly filter: ContentFilter;
  readonly redactor: Redactor;
}

function extraOf(
  ready: ReadableRun,
  input: LineInput,
  { filter, redactor }: Cleaning,
): TrajectoryExtra {
  const { part } = ready;
  const { description, rendered, outcome, content, redaction = DEFAULT_REDACTION_POLICY } = input;
  // Before the counts of what was redacted are taken.
  const others = otherSpansOf(part, { filter, redactor });
  const decisions = input.decisions.map((decision) => withReason(decision, filter));
  const overrides = input.overrides.map((override) => ({
    ...override,
    reason: freeText(override.reason, filter),
  }));
  return {
    v: 1,
    revision: 1,
    outcome,
    ...failureOf(part, outcome, rendered.calls),
    toolOutcomes: countOutcomes(rendered.calls),
    decisions,
    overrides,
    containments: [...new Set(decisions.flatMap((decision) => decision.containment ?? []))],
    ...(part.runId === undefined ? {} : { runId: part.runId }),
    traceIds: [...description.traceIds],
    rootSpanId: part.rootSpanId,
    ...present('conversationId', description.conversationId),
    ...present('onBehalfOf', description.onBehalfOf),
    ...present('tenant', description.tenant),
    ...present('environment', description.environment),
    incidentIds: [...input.incidentIds],
    sampling: input.sampling,
    redaction: {
      ...(content === 'redacted'
        ? { policy: redaction.name, digest: redaction.digest }
        : { policy: 'none' }),
      counts: redactor.counts(),
    },
    content,
    timing: description.timing,
    ...others,
    ...present('service', description.service),
    ...present('policyRevision', description.policyRevision),
    dialect: description.dialect,
    completeness: {
      rootEnded: part.progress !== 'open',
      spans: part.spans.length,
      events: part.events.length,
      digest: ready.digest,
      gaps: gapsOf(ready, rendered.hasContent),
    },
  };
}

function present<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);
}

/** Reasons are a person's or a policy's words, no message content: they stay, redacted, where content does not. */
function freeText(text: string, filter: ContentFilter): string {
  const clean = filter.keeps ? filter.text(text) : createRedactor().text(text);
  return clean.trim() === '' ? '(no reason)' : clean;
}

function withReason<Item extends { readonly reason?: string | undefined }>(
  item: Item,
  filter: ContentFilter,
): Item {
  return item.reason === undefined ? item : { ...item, reason: freeText(item.reason, filter) };
}

function agentOf(
  part: RunPart,
  description: RunDescription,
  filter: ContentFilter,
): Trajectory['agent'] {
  const models = part.spans.flatMap((record) => record.view.model ?? []);
  const model =
    part.root?.view.model?.requestModel ??
    models.find((view) => view.requestModel !== undefined)?.requestModel ??
    part.events.find(({ view }) => view?.model?.requestModel !== undefined)?.view?.model
      ?.requestModel;
  const tools = filter.keeps ? toolDefinitionsOf(part) : [];
  return {
    name: description.agentName,
    version: description.agentVersion,
    ...(model === undefined ? {} : { model_name: model }),
    ...(tools.length === 0
      ? {}
      : {
          tool_definitions: tools.map((tool) => filter.value(tool, 'tools') as AtifToolDefinition),
        }),
    ...(Object.keys(description.agentExtra).length === 0
      ? {}
      : { extra: { aftertrace: description.agentExtra } }),
  };
}

function countOutcomes(calls: readonly JudgedCall[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { outcome } of calls)
    counts.set(outcome.outcome, (counts.get(outcome.outcome) ?? 0) + 1);
  return Object.fromEntries(counts);
}

function failureOf(
  part: RunPart,
  outcome: RunOutcome,
  calls: readonly JudgedCall[],
): Pick<TrajectoryExtra, 'failure'> {
  if (outcome.outcome !== 'failure') return {};
  const error = rootErrorOf(part);
  const call = calls.findLast((candidate) => candidate.outcome.outcome === 'failed');
  if (error === undefined && call === undefined) return {};
  const { evidence: _quoted, ...judged } = call?.outcome ?? {};
  return {
    failure: {
      ...(call === undefined
        ? {}
        : { tool: call.tool, toolCallId: call.callId, outcome: judged as JudgedCall['outcome'] }),
      ...(error?.type === undefined ? {} : { errorType: error.type }),
    },
  };
}

/** Tokens and costs of the document and all documents in it; the steps are its own. */
function finalMetrics(
  steps: readonly AtifStep[],
  inner: readonly Embedded[],
  part?: RunPart,
): AtifFinalMetrics {
  const sums = new Map<string, number>();
  const add = (name: string, value: number | undefined): void => {
    if (value !== undefined) sums.set(name, (sums.get(name) ?? 0) + value);
  };
  for (const { metrics } of steps) {
    add('total_prompt_tokens', metrics?.prompt_tokens);
    add('total_completion_tokens', metrics?.completion_tokens);
    add('total_cached_tokens', metrics?.cached_tokens);
    add('total_cost_usd', metrics?.cost_usd);
  }
  for (const { final_metrics: totals } of inner) {
    for (const name of TOTALS) add(name, totals[name]);
  }
  if (sums.size === 0 && part !== undefined) addRunUsage(part, add);
  return { ...Object.fromEntries(sums), total_steps: steps.length };
}

const TOTALS = [
  'total_prompt_tokens',
  'total_completion_tokens',
  'total_cached_tokens',
  'total_cost_usd',
] as const;

/** Where no model call tells tokens, the run's own totals: of its agent span, else of its end event. */
function addRunUsage(part: RunPart, add: (name: string, value: number | undefined) => void): void {
  const event = part.events.find(({ log }) => log.eventName === EventName.RUN_ENDED);
  const rootUsage = part.root?.view.model?.usage;
  const usage =
    rootUsage?.inputTokens !== undefined || event === undefined
      ? rootUsage
      : readUsage(event.log.attributes);
  add('total_prompt_tokens', usage?.inputTokens);
  add('total_completion_tokens', usage?.outputTokens);
  add('total_cached_tokens', usage?.cachedTokens);
}
