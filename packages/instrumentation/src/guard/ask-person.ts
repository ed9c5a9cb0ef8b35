import type { PolicyDecision } from '@aftertrace/policy';
import type { ApprovalRequest, Decision } from '@aftertrace/schema';
import * as api from '@opentelemetry/api';

import type { ApprovalResult } from '../control/link.ts';
import { AftertraceError } from '../errors.ts';
import { withoutUndefined } from '../spans/telemetry.ts';
import { clearance, type Clearance, type Refusal } from './clearance.ts';
import type { GuardOptions } from './guard.ts';
import type { InFlightCall } from './in-flight.ts';
import { recordDecision } from './record-decision.ts';
import { recheck } from './recheck.ts';
import { proposedCall, type ToolCall } from './tool-call.ts';

/**
 * Holds an escalated call until a person has answered, its time is over, its caller gives up, or a containment arrives.
 * What was approved still passes the rules and containments of that moment: an approval answers the escalation only.
 */
export async function askPerson(
  options: GuardOptions,
  call: ToolCall,
  decision: PolicyDecision,
): Promise<Clearance> {
  const args = decision.arguments === undefined ? call.arguments : decision.arguments.value;
  const recorded = recordEscalation(options, call, decision, args);
  const base = { decision, recorded, arguments: args };
  const request = approvalRequest(options, call, decision, recorded);
  if (request === undefined) {
    const why =
      'its arguments have no canonical JSON form, so an approval could not be bound to them';
    return clearance(call, { ...base, refusal: unavailable(call, why) });
  }
  const { policy } = options.link.inForce();
  const inFlight = options.inFlight.enter(proposedCall(call, args, policy), call.signal);
  const result = await options.link.ask({ ...request, arguments: args }, inFlight.signal);
  const answered = settle(options, { call, decision, recorded, args, inFlight }, result);
  if (answered.refusal !== undefined) inFlight.done();
  return answered;
}

/** Everything about a held call. */
interface HeldCall {
  readonly call: ToolCall;
  readonly decision: PolicyDecision;
  readonly recorded: Decision;
  readonly args: unknown;
  readonly inFlight: InFlightCall;
}

function settle(options: GuardOptions, held: HeldCall, result: ApprovalResult): Clearance {
  const { call, decision, recorded, args, inFlight } = held;
  const basis = options.link.inForce();
  const base = { basis, decision, recorded, arguments: args, inFlight };
  const refuse = (refusal: Refusal): Clearance => clearance(call, { ...base, refusal });
  const containment = inFlight.stoppedBy();
  if (containment === undefined && inFlight.signal.aborted) {
    const message = `The call of ${call.tool} was cancelled while it waited for approval.`;
    const error = new AftertraceError('call_refused', message);
    return refuse({ error, outcome: 'cancelled', rule: 'guard.cancelled' });
  }
  switch (result.kind) {
    case 'unavailable':
      return recheck(options, clearance(call, base)) ?? refuse(unavailable(call, result.reason));
    case 'expired':
      return recheck(options, clearance(call, base)) ?? expired(held, refuse, base);
    case 'answered': {
      const { override } = result;
      if (override.decision === 'reject' || override.decision === 'terminate') {
        const message = `A person rejected the call of ${call.tool}: ${override.reason}`;
        const error = new AftertraceError('call_refused', message);
        return clearance(call, {
          ...base,
          override,
          refusal: { error, outcome: 'denied', rule: 'guard.human' },
        });
      }
      const final = override.decision === 'modify' ? result.arguments : args;
      const cleared = { ...base, override, arguments: final };
      return recheck(options, clearance(call, cleared)) ?? clearance(call, cleared);
    }
  }
}

function expired(
  held: HeldCall,
  refuse: (refusal: Refusal) => Clearance,
  base: Partial<Omit<Clearance, 'call'>>,
): Clearance {
  const { call, decision } = held;
  if (decision.escalation?.onExpiry === 'allow') return clearance(call, base);
  const message = `The call of ${call.tool} needed a person's approval and nobody answered in time.`;
  const error = new AftertraceError('call_refused', message);
  return refuse({ error, outcome: 'denied', rule: 'guard.expired' });
}

function unavailable(call: ToolCall, why: string): Refusal {
  const message = `The call of ${call.tool} needs a person's approval and nobody could be asked: ${why}.`;
  const error = new AftertraceError('call_refused', message);
  return { error, outcome: 'denied', rule: 'guard.unavailable' };
}

/** An escalation is recorded before anybody is asked: if the process goes away while it waits, it is known that it did. */
function recordEscalation(
  options: GuardOptions,
  call: ToolCall,
  decision: PolicyDecision,
  args: unknown,
): Decision {
  const { context } = call;
  const span = api.trace.getSpanContext(context);
  return recordDecision(options, { decision, call, arguments: args, context, span });
}

/** Everything but the arguments; undefined where the call has no digest to bind an answer to. */
function approvalRequest(
  options: GuardOptions,
  call: ToolCall,
  decision: PolicyDecision,
  recorded: Decision,
): Omit<ApprovalRequest, 'arguments'> | undefined {
  const { actionDigest } = recorded;
  if (actionDigest === undefined) return undefined;
  const nowMillis = options.now();
  const ttlMillis = decision.escalation?.ttlMillis ?? DEFAULT_TTL_MILLIS;
  return withoutUndefined({
    id: `apr_${options.randomId()}`,
    instance: options.instance,
    agent: call.scope.agent.name,
    tool: call.tool,
    actionDigest,
    rule: decision.rule,
    reason: decision.reason,
    approvers: decision.escalation?.approvers,
    furtherApprovers: decision.escalation?.furtherApprovers,
    policyRevision: decision.policy?.revision,
    run: call.scope.run.id,
    conversation: call.scope.agent.conversationId,
    toolCallId: call.toolCallId,
    traceId: recorded.traceId,
    spanId: recorded.spanId,
    resumable: call.scope.run.resumable,
    requestedAt: new Date(nowMillis).toISOString(),
    expiresAt: new Date(nowMillis + ttlMillis).toISOString(),
  }) as unknown as Omit<ApprovalRequest, 'arguments'>;
}

/** As the contract's policy bundle says where a rule names no time. */
const DEFAULT_TTL_MILLIS = 600_000;
