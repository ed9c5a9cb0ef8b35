import type { Loop } from '@aftertrace/detection';
import type { ToolOutcome } from '@aftertrace/schema';
import { Attr, Core, EventName, GenAi, Operation } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { hasNoEnd } from '../guard/judge.ts';
import { addContent } from './add-content.ts';
import { contentJson } from './content.ts';
import { errorType } from './error-type.ts';
import { scopeAttributes } from './identity-attributes.ts';
import { measureToolCall } from './metrics.ts';
import type { Scope } from './scope.ts';
import { emitEvent, Severity, tracer, withoutUndefined } from './telemetry.ts';

/** What is known of a tool call before it runs. */
export interface ToolSpanFacts {
  readonly tool: string;
  readonly toolCallId?: string | undefined;
  readonly description?: string | undefined;
  readonly scope: Scope;
  readonly instance: string;
  /** Decision and override, known before the span opens. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** The span of one tool call: ours, or one of the framework's own telemetry that is enriched and not closed here. */
export interface ToolSpan {
  readonly span: api.Span;
  readonly context: api.Context;
  readonly own: boolean;
  /** Set where the call does not run: its span ends at the instant at which it began. */
  readonly instantMillis: number | undefined;
  /** When the call began, by `performance.now()`. */
  readonly startedAtMillis: number;
}

/** Opens `execute_tool {tool}` under `parent`, with all that samplers may ask for. */
export function openToolSpan(
  facts: ToolSpanFacts,
  parent: api.Context,
  instantMillis: number | undefined,
): ToolSpan {
  const options: api.SpanOptions = { kind: api.SpanKind.INTERNAL, attributes: startOfSpan(facts) };
  if (instantMillis !== undefined) options.startTime = instantMillis;
  const span = tracer().startSpan(`${Operation.EXECUTE_TOOL} ${facts.tool}`, options, parent);
  return {
    span,
    context: api.trace.setSpan(parent, span),
    own: true,
    instantMillis,
    startedAtMillis: performance.now(),
  };
}

/** Each call of a tool pays for it: made once, and in place. */
function startOfSpan(facts: ToolSpanFacts): api.Attributes {
  const { scope, toolCallId, description } = facts;
  const attributes: api.Attributes = {
    [GenAi.OPERATION_NAME]: Operation.EXECUTE_TOOL,
    [GenAi.TOOL_NAME]: facts.tool,
    [GenAi.TOOL_TYPE]: 'function',
    [GenAi.AGENT_NAME]: scope.agent.name,
    [Attr.RUN_ID]: scope.run.id,
    [Attr.INSTANCE_ID]: facts.instance,
  };
  if (toolCallId !== undefined) attributes[GenAi.TOOL_CALL_ID] = toolCallId;
  if (description !== undefined)
    attributes[GenAi.TOOL_DESCRIPTION] = description.slice(0, 1024).toWellFormed();
  const { conversationId } = scope.agent;
  if (conversationId !== undefined) attributes[GenAi.CONVERSATION_ID] = conversationId;
  if (facts.attributes === undefined) return attributes;
  return Object.assign(attributes, withoutUndefined(facts.attributes));
}

/** Takes the framework's own span for the call and adds what it lacks. */
export function enrichToolSpan(span: api.Span, facts: ToolSpanFacts): ToolSpan {
  span.setAttributes(withoutUndefined(enrichment(facts)));
  return {
    span,
    context: api.context.active(),
    own: false,
    instantMillis: undefined,
    startedAtMillis: performance.now(),
  };
}

function enrichment(facts: ToolSpanFacts): Record<string, unknown> {
  return { ...scopeAttributes(facts.scope, facts.instance), ...facts.attributes };
}

/** What became of the call. */
export interface ToolEnd {
  readonly outcome: ToolOutcome;
  /** What it threw. */
  readonly error?: unknown;
  /** The loop that this call made its run go in. */
  readonly loop?: Loop | undefined;
  /** Attributes that are only known now. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** Writes the outcome on the span; ERROR only where a failure is certain. Closes the span if it is ours. */
export function endToolSpan(tool: ToolSpan, end: ToolEnd): void {
  const { span } = tool;
  if (span.isRecording()) describeEnd(span, end);
  if (!tool.own) return;
  const isDenied = end.outcome.outcome === 'denied';
  span.end(tool.instantMillis ?? (isDenied ? startOf(span) : undefined));
}

/** A call that was denied only after its span had opened took no time either; known where the SDK tells. */
function startOf(span: api.Span): api.TimeInput | undefined {
  return (span as { readonly startTime?: api.HrTime }).startTime;
}

function describeEnd(span: api.Span, end: ToolEnd): void {
  const { outcome } = end;
  const certainFailure = isCertainFailure(outcome);
  span.setAttributes(
    withoutUndefined({
      ...outcomeAttributes(outcome),
      [Core.ERROR_TYPE]: certainFailure ? toolErrorType(outcome, end.error) : undefined,
      [Attr.TOOL_FAILURE_EVIDENCE]:
        outcome.evidence === undefined ? undefined : contentJson(outcome.evidence)?.json,
      ...loopAttributes(end.loop),
      ...end.attributes,
    }),
  );
  if (certainFailure) {
    span.setStatus({ code: api.SpanStatusCode.ERROR, message: outcome.rule });
  }
}

/** Arguments or result, where content is recorded and somebody will see it. */
export function addToolContent(
  span: api.Span,
  name: typeof GenAi.TOOL_CALL_ARGUMENTS | typeof GenAi.TOOL_CALL_RESULT,
  value: unknown,
): void {
  if (value === undefined || !span.isRecording()) return;
  addContent(span, name, contentJson(value));
}

/** Says what became of a call, beside its span: in the metrics, and as an event where there is something to say. */
export function tellToolOutcome(facts: ToolSpanFacts, tool: ToolSpan, end: ToolEnd): void {
  const isMade = tool.instantMillis === undefined && end.outcome.outcome !== 'denied';
  if (isMade && !hasNoEnd(end.outcome)) {
    const { counts } = facts.scope;
    if (counts !== undefined) counts.toolCalls += 1;
    measureToolCall({
      tool: facts.tool,
      agent: facts.scope.agent.name,
      startedAtMillis: tool.startedAtMillis,
      errorType: isCertainFailure(end.outcome) ? toolErrorType(end.outcome, end.error) : undefined,
    });
  }
  emitToolOutcome(facts, tool, end);
}

function isCertainFailure({ outcome, certainty }: ToolOutcome): boolean {
  return outcome === 'failed' && certainty === 'certain';
}

/** Emits `aftertrace.tool.outcome`, for every outcome other than ok and for the call that made its run go in circles. */
function emitToolOutcome(facts: ToolSpanFacts, tool: ToolSpan, end: ToolEnd): void {
  const { outcome, loop } = end;
  if (outcome.outcome === 'ok' && loop === undefined) return;
  emitEvent({
    name: EventName.TOOL_OUTCOME,
    severity: outcomeSeverity(end),
    context: tool.context,
    attributes: {
      ...scopeAttributes(facts.scope, facts.instance),
      [GenAi.TOOL_NAME]: facts.tool,
      [GenAi.TOOL_CALL_ID]: facts.toolCallId,
      ...outcomeAttributes(outcome),
      [Attr.TOOL_FAILURE_EVIDENCE]: outcome.evidence,
      [Core.ERROR_TYPE]: isCertainFailure(outcome) ? toolErrorType(outcome, end.error) : undefined,
      ...loopAttributes(loop),
    },
  });
}

function outcomeSeverity({ outcome, loop }: ToolEnd): number {
  if (outcome.outcome !== 'failed') return loop === undefined ? Severity.INFO : Severity.WARN;
  return outcome.certainty === 'certain' ? Severity.ERROR : Severity.WARN;
}

function loopAttributes(loop: Loop | undefined): Record<string, unknown> {
  return loop === undefined ? {} : { [Attr.LOOP_KIND]: loop.kind, [Attr.LOOP_CALLS]: loop.calls };
}

function outcomeAttributes(outcome: ToolOutcome): Record<string, unknown> {
  const attributes = { [Attr.TOOL_OUTCOME]: outcome.outcome };
  if (outcome.outcome !== 'failed') return attributes;
  return {
    ...attributes,
    [Attr.TOOL_FAILURE_CERTAINTY]: outcome.certainty,
    [Attr.TOOL_FAILURE_CHANNEL]: outcome.channel,
    [Attr.TOOL_FAILURE_CLASS]: outcome.class,
    [Attr.TOOL_FAILURE_RULE]: outcome.rule,
  };
}

/** An error of the tool, or of a framework that did not take the call, by its class; what a tool returned as an error is `tool_error`, as in the MCP conventions. */
function toolErrorType(outcome: ToolOutcome, error: unknown): string {
  const isThrown =
    outcome.channel === 'thrown' || (outcome.channel === 'framework' && error !== undefined);
  return isThrown ? errorType(error) : 'tool_error';
}
