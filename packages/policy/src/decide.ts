import type { Containment } from '@aftertrace/schema';

import type { PolicyDecision, ProposedCall } from './call.ts';
import type { CompiledPolicy, CompiledRule, RuleIndex, ValueTest } from './compiled-policy.ts';
import { compose, type Match } from './compose.ts';
import { appliesTo, verdictOf } from './containment.ts';
import { viewOf } from './json-view.ts';
import { visitName } from './name-index.ts';

/** What `decide` looks at. */
export interface DecideInput {
  readonly policy?: CompiledPolicy | undefined;
  /** Those in force for this agent; released and expired ones do no harm. */
  readonly containments: readonly Containment[];
  readonly call: ProposedCall;
  /** Milliseconds since the Unix epoch: the engine has no clock. */
  readonly nowMillis: number;
  /** Take every rule and containment as enforced: what would happen if. For backtests. */
  readonly assumeEnforced?: boolean | undefined;
}

/** What `decideResult` looks at. */
export interface DecideResultInput {
  readonly policy?: CompiledPolicy | undefined;
  readonly call: ProposedCall;
  /** What the tool returned. */
  readonly result: unknown;
  readonly assumeEnforced?: boolean | undefined;
}

/** The decision where there is neither policy nor containment. */
export const ALLOW: PolicyDecision = Object.freeze({
  verdict: 'allow',
  action: 'allow',
  source: 'default',
  rules: Object.freeze([]),
  resultRedactions: Object.freeze([]),
});

/**
 * Decides a proposed call: containments first, then the rules (contract: Decision). Pure, bounded by what is
 * registered for this tool and agent, and never throws: a rule that cannot be evaluated follows its `onError`.
 * Rules with result predicates are asked after the call, by `decideResult`.
 */
export function decide(input: DecideInput): PolicyDecision {
  const { policy, containments, call, nowMillis } = input;
  const assumeEnforced = input.assumeEnforced === true;
  const matches = matchContainments(containments, call, nowMillis, assumeEnforced);
  const found =
    policy === undefined
      ? matches
      : matchRules(policy.callRules, { call, assumeEnforced }, matches);
  if (found === undefined) return policy?.allow ?? ALLOW;
  return compose(found, { policy, value: call.arguments });
}

/**
 * Decides what becomes of a result, by the rules that have result predicates: `block` and `quarantine` withhold it,
 * `redact` names the redactions to apply, `flag` records. Never throws.
 */
export function decideResult(input: DecideResultInput): PolicyDecision {
  const { policy, call, result } = input;
  if (policy === undefined) return ALLOW;
  const assumeEnforced = input.assumeEnforced === true;
  const found = matchRules(policy.resultRules, { call, result, assumeEnforced }, undefined);
  return found === undefined ? policy.allow : compose(found, { policy, value: undefined });
}

/** Do a rule's result predicates hold? `false` for a rule without any, and where a getter of the result throws. */
export function matchesResult(rule: CompiledRule, result: unknown): boolean {
  try {
    return rule.resultTests.length > 0 && allHold(rule.resultTests, viewOf(result));
  } catch {
    return false;
  }
}

function matchContainments(
  containments: readonly Containment[],
  call: ProposedCall,
  nowMillis: number,
  assumeEnforced: boolean,
): Match[] | undefined {
  let matches: Match[] | undefined;
  for (const containment of containments) {
    if (!appliesTo(containment, call, nowMillis)) continue;
    matches ??= [];
    matches.push({
      kind: 'containment',
      containment,
      verdict: verdictOf(containment),
      enforced: assumeEnforced || containment.mode === 'enforce',
    });
  }
  return matches;
}

interface Question {
  readonly call: ProposedCall;
  /** Present when rules about results are asked. */
  readonly result?: unknown;
  readonly assumeEnforced: boolean;
}

function matchRules(
  index: RuleIndex,
  question: Question,
  before: Match[] | undefined,
): Match[] | undefined {
  let matches = before;
  const visit = (rules: readonly CompiledRule[]): void => {
    for (const rule of rules) {
      const match = matchRule(rule, question);
      if (match === undefined) continue;
      matches ??= [];
      matches.push(match);
    }
  };
  visitName(index.byTool, question.call.tool, visit);
  visitName(index.byAgent, question.call.agent, visit);
  return matches;
}

function matchRule(rule: CompiledRule, question: Question): Match | undefined {
  const enforced = question.assumeEnforced || rule.mode === 'enforce';
  try {
    if (!rule.matchesAgent(question.call.agent)) return undefined;
    if (rule.argumentTests.length > 0) {
      if (!allHold(rule.argumentTests, viewOf(question.call.arguments))) return undefined;
    }
    if (rule.resultTests.length > 0 && !allHold(rule.resultTests, viewOf(question.result))) {
      return undefined;
    }
    return { kind: 'rule', rule, verdict: rule.verdict, enforced };
  } catch {
    // A getter or a proxy threw. What that means is the rule's own word.
    return { kind: 'rule', rule, verdict: rule.onError, enforced, unevaluated: true };
  }
}

function allHold(tests: readonly ValueTest[], value: unknown): boolean {
  return tests.every((test) => test(value));
}
