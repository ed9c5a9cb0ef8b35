import { Attr, EventName, GenAi, Operation } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { errorType } from './error-type.ts';
import { agentAttributes, scopeAttributes, seenAttributes } from './identity-attributes.ts';
import { measureAgent } from './metrics.ts';
import { newCounts, type Run, type Scope } from './scope.ts';
import { emitEvent, Severity, tracer, withoutUndefined } from './telemetry.ts';

/** What agent spans and run events need to know of the process. */
export interface AgentSpanPort {
  readonly instance: string;
  readonly now: () => number;
  /** Revision of the policy in force, for the run's span. */
  readonly policyRevision: () => number | undefined;
}

/** Attributes of an agent span, complete at creation so that samplers see them. */
export function agentSpanAttributes(
  port: AgentSpanPort,
  scope: Scope,
  model?: string,
): Record<string, unknown> {
  return withoutUndefined({
    [GenAi.OPERATION_NAME]: Operation.INVOKE_AGENT,
    [GenAi.REQUEST_MODEL]: model,
    ...scopeAttributes(scope, port.instance),
    ...agentAttributes(scope.agent),
    ...seenAttributes(scope),
    [Attr.POLICY_REVISION]: port.policyRevision(),
  });
}

/** Opens `invoke_agent {name}` under `parent`. */
export function startAgentSpan(
  attributes: Readonly<Record<string, unknown>>,
  agent: string,
  parent: api.Context,
): api.Span {
  return tracer().startSpan(
    `${Operation.INVOKE_AGENT} ${agent}`,
    { kind: api.SpanKind.INTERNAL, attributes: attributes },
    parent,
  );
}

/** Adds to a framework's own span what it does not tell; its operation, name and model are its own. */
export function enrichAgentSpan(port: AgentSpanPort, scope: Scope, span: api.Span): void {
  span.setAttributes(
    withoutUndefined({
      ...scopeAttributes(scope, port.instance),
      ...agentAttributes(scope.agent),
      ...seenAttributes(scope),
      [Attr.POLICY_REVISION]: port.policyRevision(),
    }),
  );
}

/** How an agent invocation ended. */
export interface AgentEnd {
  /** Why the model stopped, in the framework's words as OpenTelemetry spells them. */
  readonly finishReason?: string | undefined;
  /** What the invocation threw to its caller. */
  readonly error?: unknown;
  readonly failed: boolean;
  /** The caller stopped it. */
  readonly aborted?: boolean;
}

/** Says that a run began, whether or not its span is sampled. */
export function emitRunStarted(port: AgentSpanPort, scope: Scope, context: api.Context): void {
  emitEvent({
    name: EventName.RUN_STARTED,
    severity: Severity.INFO,
    context,
    attributes: {
      ...scopeAttributes(scope, port.instance),
      ...agentAttributes(scope.agent),
      ...seenAttributes(scope),
      [Attr.POLICY_REVISION]: port.policyRevision(),
      [Attr.RUN_SAMPLED]: isSampled(context),
    },
  });
}

/** Says how a run ended, with its numbers: a run whose spans were not sampled is rebuilt from this. */
export function emitRunEnded(
  port: AgentSpanPort,
  scope: Scope,
  context: api.Context,
  end: AgentEnd,
): void {
  const { run } = scope;
  emitEvent({
    name: EventName.RUN_ENDED,
    severity: end.failed ? Severity.ERROR : Severity.INFO,
    context,
    attributes: {
      ...scopeAttributes(scope, port.instance),
      ...agentAttributes(scope.agent),
      ...seenAttributes(scope),
      ...endAttributes(end),
      ...outcomeAttributes(run),
      [Attr.POLICY_REVISION]: port.policyRevision(),
      [Attr.RUN_STARTED_AT]: run.startedAtMillis,
      [Attr.RUN_STEPS]: run.steps,
      [Attr.RUN_TOOL_CALLS]: run.toolCalls,
      [GenAi.USAGE_INPUT_TOKENS]: run.inputTokens,
      [GenAi.USAGE_OUTPUT_TOKENS]: run.outputTokens,
      [Attr.RUN_SAMPLED]: isSampled(context),
    },
  });
}

/** Attributes that say how the invocation ended; the same on span and event. */
export function endAttributes(end: AgentEnd): Record<string, unknown> {
  return withoutUndefined({
    [GenAi.RESPONSE_FINISH_REASONS]:
      end.finishReason === undefined ? undefined : [end.finishReason],
    'error.type': failureOf(end),
  });
}

/**
 * What the application or a containment decided about the run, and whether it was going in circles when it ended;
 * everything else is for the companion to judge.
 */
export function outcomeAttributes(run: Run): Record<string, unknown> {
  const limit = run.loops?.loop() === undefined ? {} : { [Attr.RUN_LIMIT]: 'loop' };
  if (run.explicit !== undefined) {
    return withoutUndefined({
      ...limit,
      [Attr.RUN_OUTCOME]: run.explicit.outcome,
      [Attr.RUN_OUTCOME_BASIS]: 'explicit',
      [Attr.RUN_OUTCOME_REASON]: run.explicit.reason,
    });
  }
  if (run.terminatedBy === undefined) return limit;
  return {
    ...limit,
    [Attr.RUN_OUTCOME]: 'terminated',
    [Attr.RUN_OUTCOME_BASIS]: 'terminated',
    [Attr.CONTAINMENT_ID]: run.terminatedBy,
  };
}

/** Writes the end on a span that is ours and closes it. A run that recovered from failed tools stays UNSET. */
export function endAgentSpan(span: api.Span, run: Run, end: AgentEnd): void {
  span.setAttributes({ ...endAttributes(end), ...outcomeAttributes(run) });
  const type = failureOf(end);
  if (type !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR, message: type });
  span.end();
}

function failureOf(end: AgentEnd): string | undefined {
  return end.failed && end.aborted !== true ? errorType(end.error) : undefined;
}

/** An invocation that began, for the metrics, whoever opened its span. */
export interface BegunInvocation {
  readonly scope: Scope;
  /** `gen_ai.request.model`, where it was known from the start. */
  readonly model: string | undefined;
  /** By `performance.now()`. */
  readonly startedAtMillis: number;
}

/** Measures an invocation that is over. */
export function measureInvocation(begun: BegunInvocation, end: AgentEnd): void {
  const { scope, model, startedAtMillis } = begun;
  measureAgent({
    agent: scope.agent.name,
    model: model ?? scope.versions?.model,
    startedAtMillis,
    errorType: failureOf(end),
    counts: scope.counts ?? newCounts(),
  });
}

function isSampled(context: api.Context): boolean {
  const flags = api.trace.getSpanContext(context)?.traceFlags ?? 0;
  return (flags & api.TraceFlags.SAMPLED) !== 0;
}
