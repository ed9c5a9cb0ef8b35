import type { PolicyDecision } from '@aftertrace/policy';

import { AftertraceError } from '../errors.ts';
import { noteTermination } from './halt.ts';
import type { Refusal } from './clearance.ts';
import type { ToolCall } from './tool-call.ts';

/** What the model and the application are told. */
export function refusalOf(decision: PolicyDecision, call: ToolCall): Refusal {
  if (decision.containment !== undefined) noteTermination(call.scope, decision.containment);
  return {
    outcome: 'denied',
    rule: `guard.${decision.source}`,
    error: new AftertraceError(
      'call_refused',
      decision.reason ?? `The call of ${call.tool} was refused by ${decision.source}.`,
    ),
  };
}

/** A person's word answers an escalation only where each rule that escalates the call as it is now names that person. */
export function notTheApprover(call: ToolCall, { rule }: PolicyDecision): Refusal {
  const message = `The call of ${call.tool} was let go by somebody whom a rule that escalates it does not name as an approver (${rule} and those beside it).`;
  return {
    error: new AftertraceError('call_refused', message),
    outcome: 'denied',
    rule: 'guard.policy',
  };
}

/** A person's word is about one action; what the application has made of the call since is another. */
export function notTheSameAction(call: ToolCall): Refusal {
  const message = `The arguments of the call of ${call.tool} have changed since a person was asked about it; what was answered does not hold for them.`;
  return {
    error: new AftertraceError('call_refused', message),
    outcome: 'denied',
    rule: 'guard.changed',
  };
}
