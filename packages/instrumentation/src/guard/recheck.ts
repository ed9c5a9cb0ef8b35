import { decide, mayAnswer, type PolicyDecision } from '@aftertrace/policy';

import type { Clearance } from './clearance.ts';
import type { GuardOptions } from './guard.ts';
import { notTheApprover, refusalOf } from './refusal.ts';
import { proposedCall } from './tool-call.ts';

/**
 * Between the decision and the call, while somebody thought it over or the framework did something else, a rule or a
 * containment may have come that ends the matter. Undefined: nothing has. An approval answers an escalation only, so
 * what merely escalates does so once, where whoever answered may answer that, too.
 */
export function recheck(options: GuardOptions, cleared: Clearance): Clearance | undefined {
  const { policy, containments } = options.link.inForce();
  const call = proposedCall(cleared.call, cleared.arguments, policy);
  const { override } = cleared;
  // A reviewer's release answers the quarantine that it names, and no other.
  const released = override?.prior.decision === 'quarantine' ? override.prior.rule : undefined;
  const nowMillis = options.now();
  const state = options.facts.state(call, cleared.call.scope.run);
  const again = decide({ policy, containments, call, nowMillis, state, released, counted: true });
  const effects = cleared.decision?.effects;
  // It had its place in circuits, which want to know that it will not be made.
  const decision = effects === undefined ? again : { ...again, effects };
  const refusal = refusalNow(decision, cleared);
  return refusal === undefined ? undefined : { ...cleared, decision, recorded: undefined, refusal };
}

function refusalNow(decision: PolicyDecision, { call, override }: Clearance): Clearance['refusal'] {
  if (decision.action === 'block' || decision.action === 'quarantine')
    return refusalOf(decision, call);
  if (decision.action !== 'escalate' || override === undefined) return undefined;
  // With other arguments, or by another policy, it may be somebody else's to approve.
  const isApprover = mayAnswer(decision.escalation ?? {}, override.actor);
  return isApprover ? undefined : notTheApprover(call, decision);
}
