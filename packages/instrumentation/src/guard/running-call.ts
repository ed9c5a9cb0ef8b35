import {
  ALLOW,
  applyRedactions,
  decideResult,
  type PolicyDecision,
  type ProposedCall,
} from '@aftertrace/policy';
import type { Override, ToolOutcome } from '@aftertrace/schema';
import { GenAi } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { AftertraceError } from '../errors.ts';
import { emitOverride, overrideAttributes } from '../override/override-attributes.ts';
import type { ActiveToolCall } from '../spans/scope.ts';
import {
  addToolContent,
  tellToolOutcome,
  endToolSpan,
  type ToolEnd,
  type ToolSpan,
  type ToolSpanFacts,
} from '../spans/tool-span.ts';
import type { Clearance } from './clearance.ts';
import { decisionSpanAttributes, isRecorded } from './decision-record.ts';
import { emitCircuit } from './emit-circuit.ts';
import type { LateAnswer } from './framework-answer.ts';
import type { GuardOptions } from './guard.ts';
import { haltAfter, noteTermination } from './halt.ts';
import type { InFlightCall } from './in-flight.ts';
import { isCancelled, judge, markedOutcome, refusedOutcome, type Settled } from './judge.ts';
import { recordDecision } from './record-decision.ts';
import { reportEffect } from './report-effect.ts';
import type { Attempt } from './run.ts';
import { seeLoop } from './see-loop.ts';
import {
  isAsyncIterable,
  isPromiseLike,
  settleIterable,
  settlePromise,
  STOPPED,
  type Settling,
} from './settle.ts';
import { proposedCall } from './tool-call.ts';

/** A call whose span is open. */
export interface RunningCall {
  /** The call is made now: conversations and rules that look at them know it from here on. */
  begin(): void;
  /** Runs the tool and keeps the shape of what it returns. */
  execute<T>(attempt: Attempt<T>): T;
  /**
   * The end of the call, once: whether its run goes in circles, span, event, and the proof of what became of a person's
   * act. `result` is what the tool returned, for comparing.
   */
  finish(end: ToolEnd, result?: unknown): void;
}

interface OpenSpan {
  readonly facts: ToolSpanFacts;
  readonly tool: ToolSpan;
  /** A person's answer in the framework's own flow that came after the clearance. */
  readonly late?: LateAnswer | undefined;
}

/** Takes a call over from its open span to its end. */
export function createRunningCall(
  options: GuardOptions,
  cleared: Clearance,
  open: OpenSpan,
): RunningCall {
  return new Running(options, cleared, open);
}

class Running implements RunningCall, ActiveToolCall, Settling {
  readonly tool: string;
  /** What the tool is called with. */
  readonly arguments: unknown;
  readonly toolCallId: string | undefined;
  readonly #options: GuardOptions;
  readonly #cleared: Clearance;
  readonly #open: OpenSpan;
  readonly #inFlight: InFlightCall | undefined;
  #asMade: ProposedCall | undefined;
  /** What the application recorded on the call from inside the tool. */
  #added: Record<string, unknown> | undefined;
  /** What an adapter further in saw of this call last. */
  #inside: Settled | undefined;

  constructor(options: GuardOptions, cleared: Clearance, open: OpenSpan) {
    this.#options = options;
    this.#cleared = cleared;
    this.#open = open;
    this.tool = cleared.call.tool;
    this.arguments = cleared.arguments;
    this.toolCallId = cleared.call.toolCallId;
    this.#inFlight = this.#enterOrKeep();
  }

  setAttributes(attributes: Readonly<Record<string, unknown>>): void {
    this.#added = { ...this.#added, ...attributes };
  }

  sawInside(settled: Settled): void {
    this.#inside = settled;
  }

  /** The signal while a person was awaited did not know of the tool's own timeout, which starts only now. */
  #enterOrKeep(): InFlightCall | undefined {
    const { inFlight, refusal, call } = this.#cleared;
    if (inFlight?.stoppedBy() !== undefined) return inFlight;
    inFlight?.done();
    return this.#options.link.governed && refusal === undefined
      ? this.#options.inFlight.enter(this.#proposed(), call.signal)
      : undefined;
  }

  /** The call as it is made, of the class to which rules raised it; the same from its beginning to its end. */
  #proposed(): ProposedCall {
    return (this.#asMade ??= this.#propose());
  }

  #propose(): ProposedCall {
    const proposed = this.#asPolicySees();
    const raised = this.#cleared.decision?.reversibility;
    return raised === undefined ? proposed : { ...proposed, reversibility: raised };
  }

  /** As it was decided about, where neither the policy nor the arguments are others now. */
  #asPolicySees(): ProposedCall {
    const { call, arguments: args, proposed, basis } = this.#cleared;
    const inForce = this.#options.link.inForce();
    return proposed !== undefined && basis === inForce && proposed.arguments === args
      ? proposed
      : proposedCall(call, args, inForce.policy);
  }

  begin(): void {
    const { facts, link } = this.#options;
    if (!link.governed) return;
    facts.made({ proposed: this.#proposed(), effects: this.#cleared.decision?.effects });
  }

  execute<T>(attempt: Attempt<T>): T {
    const inFlight = this.#inFlight;
    if (inFlight?.stoppedBy() !== undefined) return this.settle(STOPPED) as T;
    const scope = { ...this.#cleared.call.scope, toolCall: this };
    const inside = <R>(action: () => R): R =>
      this.#options.scopes.run(scope, () => api.context.with(this.#open.tool.context, action));
    let value: T;
    try {
      value = inside(() => attempt.execute(this.arguments, () => this.#signal()));
    } catch (error) {
      return this.settle({ kind: 'threw', error }) as T;
    }
    if (isAsyncIterable(value)) return settleIterable(value, this, { inside, inFlight }) as T;
    return isPromiseLike(value)
      ? (settlePromise(value, this, inFlight) as T)
      : (this.settle({ kind: 'returned', value }) as T);
  }

  #signal(): AbortSignal | undefined {
    const inFlight = this.#inFlight;
    return inFlight === undefined ? this.#cleared.call.signal : inFlight.signal;
  }

  /** A tool that did not heed its signal has had its effect, though nobody gets its result. */
  late(result: unknown): void {
    this.#reportEffect(result, this.#judge({ kind: 'returned', value: result }));
  }

  #reportEffect(result: unknown, outcome: ToolOutcome): void {
    if (!this.#options.link.governed) return;
    const { call, arguments: args } = this.#cleared;
    const { reversibility } = this.#proposed();
    const span = this.#open.tool.span.spanContext();
    reportEffect(this.#options, { call, arguments: args, result, outcome, reversibility, span });
  }

  settle(settled: Settled): unknown {
    const { call } = this.#cleared;
    const containment = this.#inFlight?.stoppedBy();
    if (containment !== undefined) {
      noteTermination(call.scope, containment);
      this.finish({ outcome: refusedOutcome('cancelled', 'guard.containment') });
      haltAfter(call.scope, containment);
      const message = `The call of ${call.tool} was stopped: ${containment.reason}`;
      throw new AftertraceError('call_stopped', message);
    }
    const value = settled.kind === 'returned' ? settled.value : undefined;
    const marked = markedOutcome(value);
    if (marked !== undefined) {
      this.finish({ outcome: marked });
      return value;
    }
    const outcome = this.#judge(settled);
    if (settled.kind === 'returned') {
      const inside = this.#failedInside(outcome);
      const told = inside === undefined ? { outcome } : inside;
      this.#reportEffect(settled.value, told.outcome);
      return this.#deliver(settled.value, told);
    }
    this.finish({ outcome, error: settled.error });
    throw settled.error;
  }

  /** A result that a framework made of what the tool threw, or of an error that its protocol told. */
  #failedInside(outcome: ToolOutcome): Pick<ToolEnd, 'outcome' | 'error'> | undefined {
    const inside = this.#inside;
    if (inside === undefined || isCertainFailure(outcome)) return undefined;
    const judged = this.#judge(inside);
    if (!isCertainFailure(judged)) return undefined;
    return { outcome: judged, error: inside.kind === 'threw' ? inside.error : undefined };
  }

  #judge(settled: Settled): ToolOutcome {
    const { captureContent, diagnostics, link } = this.#options;
    const { call, arguments: args } = this.#cleared;
    return judge({
      tool: call.tool,
      arguments: args,
      settled,
      cancelled: isCancelled(call.signal),
      captureContent,
      profiles: link.inForce().policy?.profiles,
      diagnostics,
    });
  }

  /** Rules about results, then the redactions that rules about the call asked for, then the record. */
  #deliver(value: unknown, end: Pick<ToolEnd, 'outcome' | 'error'>): unknown {
    const { about, delivered } = this.#redact(value);
    const attributes = isRecorded(about) ? this.#recordResult(about) : undefined;
    if (this.#options.captureContent && !isWithheld(about)) {
      this.#options.diagnostics.protect(
        'guard.content',
        () => addToolContent(this.#open.tool.span, GenAi.TOOL_CALL_RESULT, delivered),
        undefined,
      );
    }
    this.finish({ ...end, attributes }, value);
    if (!isWithheld(about)) return delivered;
    const message = about.reason ?? `The result of ${this.#cleared.call.tool} was withheld.`;
    throw new AftertraceError('call_stopped', message);
  }

  /** One part of an answer in parts; undefined: nothing more may be passed on. */
  passOn(value: unknown): { readonly delivered: unknown } | undefined {
    if (this.#inFlight?.stoppedBy() !== undefined) return undefined;
    const { about, delivered } = this.#redact(value);
    return isWithheld(about) ? undefined : { delivered };
  }

  #redact(value: unknown): { readonly about: PolicyDecision; readonly delivered: unknown } {
    const { call, decision } = this.#cleared;
    const { facts, link, now } = this.#options;
    const { policy } = link.inForce();
    if (policy === undefined) return { about: ALLOW, delivered: redacted(value, decision, ALLOW) };
    const proposed = this.#asPolicySees();
    const state = facts.state(proposed, call.scope.run);
    const about = decideResult({ policy, call: proposed, result: value, nowMillis: now(), state });
    if (about.effects !== undefined) facts.label({ proposed, effects: about.effects });
    return { about, delivered: redacted(value, decision, about) };
  }

  #recordResult(about: PolicyDecision): Record<string, unknown> {
    const { call, arguments: args, decision } = this.#cleared;
    const { context, span } = this.#open.tool;
    const record = this.#options.diagnostics.protect(
      'guard.record_decision',
      () =>
        recordDecision(this.#options, {
          decision: about,
          call,
          arguments: args,
          executed: true,
          context,
          span: span.spanContext(),
        }),
      undefined,
    );
    const spanIsFree = decision === undefined || !isRecorded(decision);
    if (record === undefined || !(isWithheld(about) || spanIsFree)) return {};
    return decisionSpanAttributes(record);
  }

  finish(end: ToolEnd, result?: unknown): void {
    this.#inFlight?.done();
    const { diagnostics } = this.#options;
    const { call, arguments: args } = this.#cleared;
    const { outcome } = end;
    const finished = { tool: call.tool, arguments: args, outcome, result };
    const loop = diagnostics.protect(
      'guard.loop',
      () => seeLoop(call.scope.run, finished),
      undefined,
    );
    diagnostics.protect('guard.facts', () => this.#tellFacts(outcome), undefined);
    const complete = loop === undefined ? end : { ...end, loop };
    diagnostics.protect('guard.finish', () => this.#record(complete), undefined);
  }

  #tellFacts(outcome: ToolOutcome): void {
    const { facts, instance, link } = this.#options;
    if (!link.governed) return;
    const { call, decision } = this.#cleared;
    const fact = { proposed: this.#proposed(), effects: decision?.effects };
    for (const change of facts.ended(fact, outcome)) {
      emitCircuit(change, call, { context: this.#open.tool.context, instance });
    }
  }

  #record(end: ToolEnd): void {
    const { override, answered } = this.#cleared;
    const { facts, tool, late } = this.#open;
    const status = overrideStatus(end.outcome);
    tellToolOutcome(facts, tool, end);
    let attributes = end.attributes;
    if (this.#added !== undefined) attributes = { ...this.#added, ...attributes };
    const answer = late?.override;
    const acts = [answered, answer, override].filter((act) => act !== undefined);
    for (const act of acts) this.#proveOutcome(act, status);
    // Of two, the span tells the one that was asked for last: the policy's.
    const last = acts.at(-1);
    if (last !== undefined) attributes = { ...attributes, ...overrideAttributes(last, status) };
    endToolSpan(tool, attributes === end.attributes ? end : { ...end, attributes });
  }

  #proveOutcome(override: Override, status: OverrideStatus): void {
    const { facts, tool } = this.#open;
    const { instance, link, now } = this.#options;
    const { scope, toolCallId } = facts;
    const place = { scope, instance, context: tool.context, tool: facts.tool, toolCallId };
    emitOverride(override, status, place);
    const at = new Date(now()).toISOString();
    link.prove({ type: 'override.outcome', data: { override: override.id, status, at } });
  }
}

/** What is delivered: with the redactions that rules about the call asked for, then those of rules about results. */
function redacted(
  value: unknown,
  before: PolicyDecision | undefined,
  about: PolicyDecision,
): unknown {
  const redactions = [...(before?.resultRedactions ?? []), ...about.resultRedactions];
  return redactions.length === 0 ? value : applyRedactions(value, redactions).value;
}

type OverrideStatus = 'succeeded' | 'failed' | 'not_executed';

function isCertainFailure({ outcome, certainty }: ToolOutcome): boolean {
  return outcome === 'failed' && certainty === 'certain';
}

function isWithheld(decision: PolicyDecision): boolean {
  return decision.action === 'block' || decision.action === 'quarantine';
}

function overrideStatus(outcome: ToolOutcome): OverrideStatus {
  switch (outcome.outcome) {
    case 'denied':
      return 'not_executed';
    case 'failed':
    case 'cancelled':
      return 'failed';
    case 'ok':
    case 'empty':
    case 'unknown':
      return 'succeeded';
  }
}
