import type { ProposedCall } from './call.ts';
import type { RuleIndex } from './compiled-policy.ts';
import { candidates, decide, type DecideInput } from './decide.ts';

/**
 * A call that was judged under one name is about to be made under another, as tools of MCP servers are that a framework gives
 * a prefix: is there nothing more to judge? Not so where a rule or a containment in force is about the other name.
 */
export function coversName(judged: ProposedCall, other: DecideInput): boolean {
  const { call, policy } = other;
  if (policy !== undefined) {
    const { callRules, resultRules } = policy;
    if (!isSubset(callRules, call, judged) || !isSubset(resultRules, call, judged)) return false;
  }
  const found = decide(other).rules;
  if (found.length === 0) return true;
  const known = new Set(decide({ ...other, call: judged }).rules.map(({ id }) => id));
  return found.every(({ id }) => known.has(id));
}

/** Is every rule that may be about one call also one that may be about the other? Conditions on the tool's name aside. */
function isSubset(index: RuleIndex, call: ProposedCall, other: ProposedCall): boolean {
  const own = candidates(index, call);
  if (own === undefined) return true;
  const known = new Set(candidates(index, other));
  return own.every((rule) => known.has(rule));
}
