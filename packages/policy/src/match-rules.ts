import { askCircuit, type CircuitState } from './breaker.ts';
import type { CompiledRule } from './compiled-policy.ts';
import type { Match } from './compose.ts';
import { circuitKey, limitKey } from './counter-key.ts';
import type { CircuitTicket, CounterState, PolicyState } from './policy-state.ts';
import type { RuleContext } from './rule-context.ts';
import { usedAmount, withUsage } from './usage.ts';

/** How rules are asked. */
export interface Asking {
  readonly assumeEnforced: boolean;
  /** The call was counted when it was decided: rules that count are not asked again. */
  readonly counted: boolean;
}

/** What rules found. */
export interface RulesFound {
  readonly matches: Match[];
  /** To be kept if the call goes on. */
  readonly counters: (readonly [key: string, state: CounterState])[];
  readonly circuits: CircuitTicket[];
}

/** The rules that match, or that could not be evaluated. Never throws. */
export function matchRules(
  rules: readonly CompiledRule[],
  context: RuleContext,
  asking: Asking,
): RulesFound {
  const found: RulesFound = { matches: [], counters: [], circuits: [] };
  for (const rule of rules) {
    const enforced = asking.assumeEnforced || rule.mode === 'enforce';
    try {
      if (!rule.holds(context, rule.mode === 'shadow')) continue;
      if (!holdsByCount(rule, context, asking.counted ? undefined : found)) continue;
      found.matches.push({ kind: 'rule', rule, verdict: rule.verdict, enforced });
    } catch {
      // A getter or a proxy threw, or an expression met what it has no answer to. What that means is the rule's own word.
      const verdict = rule.onError;
      found.matches.push({ kind: 'rule', rule, verdict, enforced, unevaluated: true });
    }
  }
  return found;
}

/** Limits and circuits: what is within them does not match, and is counted. `undefined`: they are not asked. */
function holdsByCount(
  rule: CompiledRule,
  context: RuleContext,
  found: RulesFound | undefined,
): boolean {
  if (rule.limit === undefined && rule.breaker === undefined) return true;
  if (found === undefined) return false;
  const { state } = context.question;
  const isBeyond = rule.limit === undefined || isBeyondLimit(rule, context, state, found);
  const isOpen = rule.breaker === undefined || isCircuitOpen(rule, context, state, found);
  return isBeyond && isOpen;
}

function isBeyondLimit(
  rule: CompiledRule,
  context: RuleContext,
  state: PolicyState | undefined,
  found: RulesFound,
): boolean {
  const compiled = rule.limit;
  if (compiled === undefined) return true;
  const { limit } = compiled;
  const key = limitKey(rule.id, limit, context.call);
  const kept = state?.counters.get(key);
  const usage = kept?.kind === 'usage' ? kept : undefined;
  const nowMillis = state?.steadyMillis ?? 0;
  const amount = compiled.amountOf(context.arguments);
  // Before anything throws: a call that goes on all the same is counted.
  found.counters.push([key, withUsage(limit, usage, { amount, nowMillis })]);
  if (kept === undefined && state?.counters.isForgotten?.(key, limit.withinMillis) === true) {
    throw new RangeError('what was counted has been forgotten');
  }
  return usedAmount(limit, usage, nowMillis) + amount > limit.atMost;
}

function isCircuitOpen(
  rule: CompiledRule,
  context: RuleContext,
  state: PolicyState | undefined,
  found: RulesFound,
): boolean {
  const { breaker, id, mode } = rule;
  if (breaker === undefined) return true;
  const key = circuitKey(id, breaker, context.call);
  const kept = state?.counters.get(key);
  const circuit: CircuitState | undefined = kept?.kind === 'usage' ? undefined : kept;
  const answer = askCircuit(breaker, circuit, state?.steadyMillis ?? 0);
  if (answer.refuse) return true;
  if (answer.next !== undefined) found.counters.push([key, answer.next]);
  found.circuits.push({ key, rule: id, mode, breaker, probe: answer.probe });
  return false;
}
