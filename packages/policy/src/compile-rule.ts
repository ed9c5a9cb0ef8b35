import type { PolicyRule } from '@aftertrace/schema';

import { compileConditions } from './conditions.ts';
import { compileLimit } from './compile-limit.ts';
import { compileWhen } from './compile-when.ts';
import type { CompiledRule } from './compiled-policy.ts';
import { nameTest } from './name-index.ts';
import { compilePredicate } from './predicate.ts';

/** How long an escalated call waits for a person where the rule does not say. */
const DEFAULT_TTL_MILLIS = 600_000;

/** Compiles a rule that has been validated and checked. */
export function compileRule(rule: PolicyRule, order: number): CompiledRule {
  const redactions = rule.with?.redactions ?? [];
  return {
    id: rule.id,
    order,
    verdict: rule.verdict,
    mode: rule.mode,
    onError: rule.onError,
    reason: rule.with?.message ?? rule.description ?? `rule ${rule.id}: ${rule.verdict}`,
    matchesAgent: nameTest(rule.match.agent === undefined ? undefined : [rule.match.agent].flat()),
    argumentTests: (rule.match.arguments ?? []).map(compilePredicate),
    resultTests: (rule.match.result ?? []).map(compilePredicate),
    conditions: [
      ...compileConditions(rule.match),
      ...(rule.when === undefined ? [] : [compileWhen(rule.when)]),
    ],
    limit: rule.match.limit === undefined ? undefined : compileLimit(rule.match.limit),
    breaker: rule.match.breaker,
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
