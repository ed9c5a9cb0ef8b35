import {
  decide,
  NEW_CONVERSATION,
  type CompiledPolicy,
  type PolicyDecision,
  type PolicyState,
  type ProposedCall,
} from '@aftertrace/policy';
import { compileBundle } from '@aftertrace/policy/compile';

import { thresholdOf, type BenchCall } from './workload.ts';

/** What a rule tests: the threshold as a predicate, the same as an expression, or nothing but the name. */
export type Form = 'predicate' | 'when' | 'name';

/** So many rules of one form, compiled and enforced. */
export function compiled(rules: number, form: Form): CompiledPolicy {
  const result = compileBundle({
    name: 'bench',
    revision: 1,
    rules: Array.from({ length: rules }, (_, index) => ({
      id: `rule-${index}`,
      match: {
        tool: `tool_${index}`,
        ...(form === 'predicate'
          ? { arguments: [{ pointer: '/amount', above: thresholdOf(index) }] }
          : {}),
      },
      ...(form === 'when' ? { when: expression(index) } : {}),
      verdict: 'block',
      mode: 'enforce',
    })),
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems.slice(0, 3)));
  return result.policy;
}

/** Looks at arguments, at who acts, and at the conversation. */
function expression(rule: number): string {
  return `arguments.amount > ${thresholdOf(rule)} && call.agent == "support" && !("checked" in conversation.labels)`;
}

/** Decides a call as the guard does, with the facts of a conversation. */
export function decideCall(policy: CompiledPolicy, call: ProposedCall): PolicyDecision {
  return decide({ policy, containments: [], call, nowMillis: 0, state: STATE });
}

const STATE: PolicyState = {
  conversation: NEW_CONVERSATION,
  counters: new Map(),
  steadyMillis: 0,
};

/** The call as the guard proposes it. */
export function proposed({ agent, tool, amount }: BenchCall): ProposedCall {
  return {
    agent,
    tool,
    arguments: { amount, order: 'o-1843', customer: { id: 7, country: 'DE' } },
    run: 'run-1',
    conversation: 'c-1',
  };
}
