import { GenAi } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { isRealSpan } from '../spans/is-real-span.ts';
import { withoutUndefined } from '../spans/telemetry.ts';
import {
  addToolContent,
  enrichToolSpan,
  openToolSpan,
  type ToolSpan,
  type ToolSpanFacts,
} from '../spans/tool-span.ts';
import type { Clearance } from './clearance.ts';
import { decisionSpanAttributes, digestOf, isRecorded } from './decision-record.ts';
import type { LateAnswer } from './framework-answer.ts';
import type { GuardOptions } from './guard.ts';
import { haltAfter } from './halt.ts';
import { isWithin } from './is-within.ts';
import { refusedOutcome, type Settled } from './judge.ts';
import { notTheSameAction } from './refusal.ts';
import { refuseHalted } from './refuse-halted.ts';
import { recheck } from './recheck.ts';
import { recordDecision } from './record-decision.ts';
import { createRunningCall } from './running-call.ts';
import { isAsyncIterable, isPromiseLike } from './settle.ts';
import type { ToolCall } from './tool-call.ts';

/** How to run the tool. */
export interface Attempt<T> {
  /** Runs the tool with these arguments. `signal` gives the way to stop it, to whoever passes one on: it is made then. */
  execute(args: unknown, signal: () => AbortSignal | undefined): T;
  /** The framework's own span of this call, if its telemetry has one open that goes anywhere; it is enriched, and not doubled. */
  nativeSpan?(): api.Span | undefined;
  /** Where `guard.answer` puts what a person says while the call is under way. */
  readonly late?: LateAnswer | undefined;
}

/** The running half of the guard. */
export function runCleared<T>(options: GuardOptions, given: Clearance, attempt: Attempt<T>): T {
  if (given.nested) return runNested(options, given, attempt);
  const cleared = upToDate(options, given);
  const { call, refusal } = cleared;
  call.scope.run.toolCalls += 1;
  const facts: ToolSpanFacts = {
    tool: call.tool,
    toolCallId: call.toolCallId,
    description: call.description,
    scope: call.scope,
    instance: options.instance,
    attributes:
      cleared.recorded === undefined ? undefined : decisionSpanAttributes(cleared.recorded),
  };
  const open = (): ToolSpan => openSpan(options, cleared, facts, nativeSpanOf(options, attempt));
  const tool =
    options.diagnostics.protect('guard.open_span', open, undefined) ?? noSpan(call.context);
  const running = createRunningCall(options, cleared, { facts, tool, late: attempt.late });
  if (refusal === undefined) {
    running.begin();
    return running.execute(attempt);
  }
  running.finish({ outcome: refusedOutcome(refusal.outcome, refusal.rule) });
  haltAfter(call.scope, cleared.decision?.containment);
  throw refusal.error;
}

function nativeSpanOf(
  { diagnostics }: GuardOptions,
  attempt: Pick<Attempt<unknown>, 'nativeSpan'>,
): api.Span | undefined {
  if (attempt.nativeSpan === undefined) return undefined;
  const native = (): api.Span | undefined => attempt.nativeSpan?.();
  const span = diagnostics.protect('guard.native_span', native, undefined);
  return isRealSpan(span) ? span : undefined;
}

/** Judged further out: there it is told what became of it, for a framework in between may make a result of a failure. */
function runNested<T>(options: GuardOptions, { call }: Clearance, attempt: Attempt<T>): T {
  const scope = options.scopes.getStore();
  if (!isWithin(scope, call)) return runClaimed(options, call, attempt);
  const saw = (settled: Settled): void =>
    options.diagnostics.protect(
      'guard.inside',
      () => scope?.toolCall?.sawInside?.(settled),
      undefined,
    );
  let value: T;
  try {
    value = attempt.execute(call.arguments, () => call.signal);
  } catch (error) {
    saw({ kind: 'threw', error });
    throw error;
  }
  if (value instanceof Promise) {
    value.then(
      (result: unknown) => saw({ kind: 'returned', value: result }),
      (error: unknown) => saw({ kind: 'threw', error }),
    );
  } else if (!isPromiseLike(value) && !isAsyncIterable(value)) {
    saw({ kind: 'returned', value });
  }
  return value;
}

/** Judged in a model's answer, whose next request tells its end: an adapter further in meets the call that it is in already. */
function runClaimed<T>({ scopes }: GuardOptions, call: ToolCall, attempt: Attempt<T>): T {
  const { tool, toolCallId, arguments: args } = call;
  const toolCall = { tool, toolCallId, arguments: args, setAttributes: () => undefined };
  return scopes.run({ ...call.scope, toolCall }, () => attempt.execute(args, () => call.signal));
}

/** The clearance, looked at again if what is in force has changed since. */
function upToDate(options: GuardOptions, cleared: Clearance): Clearance {
  const { basis, refusal } = cleared;
  if (refusal !== undefined) return cleared;
  const halted = refuseHalted(cleared.call);
  if (halted !== undefined) {
    const { decision, refusal: why } = halted;
    return { ...cleared, decision, recorded: undefined, refusal: why };
  }
  if (isAnotherAction(cleared)) return { ...cleared, refusal: notTheSameAction(cleared.call) };
  if (basis === undefined) return cleared;
  return options.link.inForce() === basis ? cleared : (recheck(options, cleared) ?? cleared);
}

/** Frameworks hand over the very object that others may write to while a person thinks. */
function isAnotherAction({ call, recorded, override, arguments: args }: Clearance): boolean {
  // Plain decisions are recorded later; what a person wrote is nobody else's.
  if (recorded?.actionDigest === undefined || override?.decision === 'modify') return false;
  const asked = recorded.action === 'quarantine' ? call.arguments : args;
  return digestOf(call, asked) !== recorded.actionDigest;
}

/** Opens or takes the span, records the decision in its context, and adds the arguments where they are wanted. */
function openSpan(
  options: GuardOptions,
  cleared: Clearance,
  facts: ToolSpanFacts,
  native: api.Span | undefined,
): ToolSpan {
  const { call, decision } = cleared;
  const instantMillis = cleared.refusal === undefined ? undefined : options.now();
  const tool =
    native === undefined
      ? openToolSpan(facts, call.context, instantMillis)
      : enrichToolSpan(native, facts);
  if (cleared.recorded === undefined && decision !== undefined && isRecorded(decision)) {
    const record = recordDecision(options, {
      decision,
      call,
      arguments: cleared.arguments,
      executed: cleared.refusal === undefined,
      context: tool.context,
      span: tool.span.spanContext(),
    });
    tool.span.setAttributes(withoutUndefined(decisionSpanAttributes(record)));
  }
  if (options.captureContent) {
    addToolContent(tool.span, GenAi.TOOL_CALL_ARGUMENTS, cleared.arguments);
  }
  return tool;
}

/** Where a tracer throws, the call goes on without a span. */
function noSpan(context: api.Context): ToolSpan {
  const span = api.trace.wrapSpanContext(api.INVALID_SPAN_CONTEXT);
  return {
    span,
    context,
    own: false,
    instantMillis: undefined,
    startedAtMillis: performance.now(),
  };
}
