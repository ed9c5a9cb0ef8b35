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
