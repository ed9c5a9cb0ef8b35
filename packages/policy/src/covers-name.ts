import type { ProposedCall } from './call.ts';
import type { RuleIndex } from './compiled-policy.ts';
import { candidates, decide, type DecideInput } from './decide.ts';

/**
 * A call that was judged under one name is about to be made under another, as tools of MCP servers are that a framework gives
 * a prefix: is there nothing more to judge? Not so where a rule or a containment in force is about the other name, or a rule
 * may ask later whether a tool of that name was called.
 */
export function coversName(judged: ProposedCall, other: DecideInput): boolean {
  const { call, policy } = other;
  if (policy !== undefined) {
    const { callRules, resultRules } = policy;
    if (policy.remembersTool(call.tool)) return false;
    if (!isSubset(callRules, call, judged) || !isSubset(resultRules, call, judged)) return false;
    // There is no result yet that they could be asked about.
    const later = candidates(resultRules, call) ?? [];
    if (later.length > 0 && !isKnownAlike(call, judged)) return false;
    if (later.some(({ looksFurther }) => looksFurther)) return false;
  }
  const found = decide(other).rules;
  if (found.length === 0) return true;
  const known = new Set(decide({ ...other, call: judged }).rules.map(({ id }) => id));
  return found.every(({ id }) => known.has(id));
}

/** Is the same known of both tools? */
function isKnownAlike(one: ProposedCall, other: ProposedCall): boolean {
  const { capabilities = [] } = other;
  const all = new Set([...(one.capabilities ?? []), ...capabilities]);
  const isSame = all.size === capabilities.length && all.size === (one.capabilities ?? []).length;
  return isSame && one.reversibility === other.reversibility;
}

/** Is every rule that may be about one call also one that may be about the other? Conditions on the tool's name aside. */
function isSubset(index: RuleIndex, call: ProposedCall, other: ProposedCall): boolean {
  const own = candidates(index, call);
  if (own === undefined) return true;
  const known = new Set(candidates(index, other));
  return own.every((rule) => known.has(rule));
}
