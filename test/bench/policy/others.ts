import {
  preparsePolicySet,
  statefulIsAuthorized,
  type StatefulAuthorizationCall,
} from '@cedar-policy/cedar-wasm/nodejs';
import { PolicyEngine } from '@microsoft/agent-governance-sdk';

import { thresholdOf, type BenchCall } from './workload.ts';

/** An engine with so many rules in force; `true`: the call is allowed. */
export type Decider = (call: BenchCall) => boolean;

/** The rules as expressions of the Agent Governance Toolkit, in one policy document. */
export function agentGovernance(rules: number): Decider {
  const engine = new PolicyEngine();
  engine.loadPolicy({
    name: 'bench',
    scope: 'global',
    default_action: 'allow',
    rules: Array.from({ length: rules }, (_, index) => ({
      name: `rule-${index}`,
      condition: `tool == 'tool_${index}' and amount > ${thresholdOf(index)}`,
      ruleAction: 'deny' as const,
    })),
  });
  return ({ agent, tool, amount }) => engine.evaluatePolicy(agent, { tool, amount }).allowed;
}

/** The rules as policies of Cedar, parsed once and kept in its memory. */
export function cedar(rules: number): Decider {
  const id = `bench-${rules}`;
  const forbidden = Array.from(
    { length: rules },
    (_, index) =>
      `forbid(principal, action == Action::"tool_${index}", resource) when { context.amount > ${thresholdOf(index)} };`,
  );
  const staticPolicies = ['permit(principal, action, resource);', ...forbidden].join('\n');
  const parsed = preparsePolicySet(id, { staticPolicies });
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed));
  return ({ agent, tool, amount }) => {
    const call: StatefulAuthorizationCall = {
      principal: { type: 'Agent', id: agent },
      action: { type: 'Action', id: tool },
      resource: { type: 'Tool', id: tool },
      context: { amount },
      preparsedPolicySetId: id,
      entities: [],
    };
    const answer = statefulIsAuthorized(call);
    if (answer.type !== 'success') throw new Error(JSON.stringify(answer));
    return answer.response.decision === 'allow';
  };
}
