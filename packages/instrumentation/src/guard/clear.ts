import { decide, type CompiledPolicy, type PolicyDecision } from '@aftertrace/policy';

import { askPerson } from './ask-person.ts';
import { clearance, type Clearance } from './clearance.ts';
import type { GuardOptions } from './guard.ts';
import { withFrameworkAnswer } from './framework-answer.ts';
import { holdInQuarantine } from './hold-in-quarantine.ts';
import { isWithin } from './is-within.ts';
import { refuseHalted } from './refuse-halted.ts';
import { refusalOf } from './refusal.ts';
import { proposedCall, type ToolCall } from './tool-call.ts';

/** The deciding half of the guard. */
export function clearCall(options: GuardOptions, given: ToolCall): Clearance | Promise<Clearance> {
  const described = options.tools.get(given.tool);
  const call = described === undefined ? given : { ...given, described };
  if (isWithin(options.scopes.getStore(), call) || isClaimed(options, call)) {
    return clearance(call, { nested: true });
  }
  options.link.sawAgent(call.scope.agent.name);
  const ready = options.link.untilReady();
  const cleared =
    ready === undefined ? decideCall(options, call) : ready.then(() => decideCall(options, call));
  const { answered } = call;
  if (answered === undefined) return cleared;
  return cleared instanceof Promise
    ? cleared.then((decided) => withFrameworkAnswer(options, decided, answered))
    : withFrameworkAnswer(options, cleared, answered);
}

function decideCall(options: GuardOptions, call: ToolCall): Clearance | Promise<Clearance> {
  const halted = refuseHalted(call);
  if (halted !== undefined) return halted;
  const basis = options.link.inForce();
  const { policy, containments, closed } = basis;
  if (closed !== undefined) return refuse(call, { source: 'default', reason: closed });
  if (policy === undefined && containments.length === 0) return clearance(call, { basis });
  const proposed = proposedCall(call, call.arguments, policy);
  const state = options.facts.state(proposed, call.scope.run);
  const nowMillis = options.now();
  const decision = decide({ policy, containments, call: proposed, nowMillis, state });
  if (decision.containment === undefined && policy?.requireAttached === true) {
    const unseen = options.unattached();
    if (unseen.length > 0) return refuseBesideUnseen(call, unseen, policy);
  }
  options.facts.count(decision.effects);
  switch (decision.action) {
    case 'block':
      return clearance(call, { decision, refusal: refusalOf(decision, call) });
    case 'quarantine':
      return holdInQuarantine(options, call, decision);
    case 'escalate':
      return askPerson(options, call, decision);
    case 'allow':
    case 'flag':
    case 'redact':
    case 'transform':
      return clearance(call, {
        basis,
        decision,
        proposed,
        arguments: decision.arguments === undefined ? call.arguments : decision.arguments.value,
      });
  }
}

/** The policy asks for a process in which every known framework is governed, or for none of its calls. */
function refuseBesideUnseen(
  call: ToolCall,
  frameworks: readonly string[],
  { name, revision }: CompiledPolicy,
): Clearance {
  const are = frameworks.length === 1 ? 'is' : 'are';
  const reason = `No tool may be called: ${frameworks.join(', ')} ${are} loaded in this process and not attached to, so its calls would pass unseen (requireAttached).`;
  return refuse(call, { source: 'policy', reason, policy: { name, revision } });
}

/** Refused by nobody's rule: a decision all the same, recorded and handed over when the companion is back. */
function refuse(
  call: ToolCall,
  why: Pick<PolicyDecision, 'source' | 'policy'> & { readonly reason: string },
): Clearance {
  const decision: PolicyDecision = {
    ...why,
    verdict: 'block',
    action: 'block',
    rules: [],
    resultRedactions: [],
  };
  return clearance(call, { decision, refusal: refusalOf(decision, call) });
}

/** A call that was judged in the model's answer and is made now; one that stands in an answer is a new one. */
function isClaimed({ proposals }: GuardOptions, call: ToolCall): boolean {
  return call.atModel !== true && proposals?.claim(call) === true;
}
