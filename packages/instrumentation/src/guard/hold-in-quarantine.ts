import { decide, mayAnswer, type PolicyDecision } from '@aftertrace/policy';
import type { Decision, Override, QuarantineRequest } from '@aftertrace/schema';
import * as api from '@opentelemetry/api';

import { recordPlace } from '../spans/record-place.ts';
import { withoutUndefined } from '../spans/telemetry.ts';
import { clearance, type Clearance } from './clearance.ts';
import type { GuardOptions } from './guard.ts';
import { digestOf } from './decision-record.ts';
import { recordDecision } from './record-decision.ts';
import { notTheApprover, notTheSameAction, refusalOf } from './refusal.ts';
import { proposedCall, type ToolCall } from './tool-call.ts';

/**
 * A call that a quarantine stops: the companion keeps what it would have been, for a reviewer, and says whether a reviewer
 * has released a retry of this very action. If so it runs, once, with everything else that is in force still holding; in
 * every other case it is refused, and never made later.
 */
export async function holdInQuarantine(
  options: GuardOptions,
  call: ToolCall,
  decision: PolicyDecision,
): Promise<Clearance> {
  const refused = { decision, refusal: refusalOf(decision, call) };
  const request = quarantineRequest(options, call, decision);
  if (request === undefined) return clearance(call, refused);
  const override = await options.link.hold(request);
  if (override === undefined) return clearance(call, refused);
  const { context } = call;
  const span = api.trace.getSpanContext(context);
  const recorded = recordDecision(options, {
    decision,
    call,
    arguments: call.arguments,
    context,
    span,
  });
  if (recorded.actionDigest !== request.actionDigest) {
    return clearance(call, { decision, recorded, override, refusal: notTheSameAction(call) });
  }
  return released(options, call, { recorded, override });
}

interface Release {
  readonly recorded: Decision;
  readonly override: Override;
}

/** Everything but the quarantine that was answered is asked again: other rules redact, refuse or ask as they would have. */
function released(options: GuardOptions, call: ToolCall, release: Release): Clearance {
  const { recorded, override } = release;
  const basis = options.link.inForce();
  const { policy, containments } = basis;
  const proposed = proposedCall(call, call.arguments, policy);
  const decision = decide({
    policy,
    containments,
    call: proposed,
    nowMillis: options.now(),
    state: options.facts.state(proposed, call.scope.run),
    released: override.prior.rule,
  });
  options.facts.count(decision.effects);
  const base = { basis, decision, recorded, override };
  switch (decision.action) {
    case 'block':
    case 'quarantine':
      return clearance(call, { ...base, refusal: refusalOf(decision, call) });
    case 'escalate':
      // A person has just looked at this action: who may answer the escalation too has answered it.
      if (mayAnswer(decision.escalation ?? {}, override.actor)) break;
      return clearance(call, { ...base, refusal: notTheApprover(call, decision) });
    case 'allow':
    case 'flag':
    case 'redact':
    case 'transform':
  }
  const args = decision.arguments === undefined ? call.arguments : decision.arguments.value;
  return clearance(call, { ...base, arguments: args });
}

/** Undefined where the call has no digest that a release could be bound to. */
function quarantineRequest(
  options: GuardOptions,
  call: ToolCall,
  decision: PolicyDecision,
): QuarantineRequest | undefined {
  const actionDigest = digestOf(call, call.arguments);
  if (actionDigest === undefined) return undefined;
  return withoutUndefined({
    id: `qtn_${options.randomId()}`,
    instance: options.instance,
    ...recordPlace(call.scope, api.trace.getSpanContext(call.context)),
    tool: call.tool,
    arguments: call.arguments,
    actionDigest,
    rule: decision.rule,
    containment: decision.containment?.id,
    reason: decision.reason,
    policyRevision: decision.policy?.revision,
    toolCallId: call.toolCallId,
    requestedAt: new Date(options.now()).toISOString(),
  }) as unknown as QuarantineRequest;
}
