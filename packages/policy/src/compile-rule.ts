import type { PolicyRule } from '@aftertrace/schema';

import { compileConditions, pinnedVersions } from './conditions.ts';
import { compileLimit } from './compile-limit.ts';
import { compileWhen } from './compile-when.ts';
import type { CompiledRule, Condition, ValueTest } from './compiled-policy.ts';
import { nameTest } from './name-index.ts';
import { compilePredicate } from './predicate.ts';
import type { RuleContext } from './rule-context.ts';

/** How long an escalated call waits for a person where the rule does not say. */
const DEFAULT_TTL_MILLIS = 600_000;

/** Compiles a rule that has been validated and checked. */
export function compileRule(rule: PolicyRule, order: number): CompiledRule {
  const redactions = rule.with?.redactions ?? [];
  const argumentTests = (rule.match.arguments ?? []).map(compilePredicate);
  const resultTests = (rule.match.result ?? []).map(compilePredicate);
  return {
    holds: compileHolds(rule, argumentTests, resultTests),
    mode: rule.mode,
    limit: rule.match.limit === undefined ? undefined : compileLimit(rule.match.limit),
    breaker: rule.match.breaker,
    id: rule.id,
    order,
    verdict: rule.verdict,
    onError: rule.onError,
    reason: rule.with?.message ?? rule.description ?? `rule ${rule.id}: ${rule.verdict}`,
    argumentTests,
    looksFurther: rule.when !== undefined || rule.match.limit?.sumOf !== undefined,
    pinned: pinnedVersions(rule.match.pinned ?? {}),
    resultTests,
    labels: rule.with?.labels ?? [],
    argumentRedactions: redactions.filter((redaction) => redaction.in === 'arguments'),
    resultRedactions: redactions.filter((redaction) => redaction.in === 'result'),
    transforms: rule.with?.transforms ?? [],
    ttlMillis: rule.with?.ttlMillis ?? DEFAULT_TTL_MILLIS,
    onExpiry: rule.with?.onExpiry ?? 'block',
    approvers: rule.with?.approvers,
    reversibility: rule.reversibility,
  };
}

/** One test of everything, what costs most last. */
function compileHolds(
  { match, when }: PolicyRule,
  argumentTests: readonly ValueTest[],
  resultTests: readonly ValueTest[],
): Condition {
  const conditions: Condition[] = [];
  if (match.agent !== undefined) {
    const isAgent = nameTest([match.agent].flat());
    conditions.push(({ call }) => isAgent(call.agent));
  }
  for (const test of argumentTests) {
    conditions.push((context) => test(context.arguments));
  }
  for (const test of resultTests) conditions.push((context) => test(context.result));
  conditions.push(...compileConditions(match));
  if (when !== undefined) conditions.push(compileWhen(when));
  return allOf(conditions);
}

function allOf(conditions: readonly Condition[]): Condition {
  const [first, second] = conditions;
  if (first === undefined) return always;
  if (second === undefined) return first;
  return (context, shadow) => {
    for (let index = 0; index < conditions.length; index += 1) {
      try {
        if (conditions[index]?.(context, shadow) !== true) return false;
      } catch (error) {
        // As CEL's `&&`: whatever has no answer, one condition that does not hold is enough.
        const others = conditions.slice(index + 1);
        if (others.some((other) => isFalse(other, context, shadow))) return false;
        throw error;
      }
    }
    return true;
  };
}

function isFalse(condition: Condition, context: RuleContext, shadow: boolean): boolean {
  try {
    return !condition(context, shadow);
  } catch {
    // No answer either.
    return false;
  }
}

const always: Condition = () => true;
