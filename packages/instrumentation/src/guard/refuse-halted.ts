import type { PolicyDecision } from '@aftertrace/policy';

import { clearance, type Clearance } from './clearance.ts';
import { refusalOf } from './refusal.ts';
import type { ToolCall } from './tool-call.ts';

/**
 * A call of an agent that was stopped, or that works inside one that was: what began under it ends with it, also where the
 * containment names only the outer one, or has been released since. Undefined: nothing was stopped.
 */
export function refuseHalted(call: ToolCall): Clearance | undefined {
  const containment = call.scope.halt?.stoppedBy();
  if (containment === undefined) return undefined;
  const decision: PolicyDecision = {
    verdict: 'block',
    action: 'block',
    source: 'containment',
    rules: [{ id: containment.id, verdict: 'block', mode: 'enforce' }],
    reason: `${containment.kind}: ${containment.reason}`,
    containment,
    resultRedactions: [],
  };
  return clearance(call, { decision, refusal: refusalOf(decision, call) });
}
