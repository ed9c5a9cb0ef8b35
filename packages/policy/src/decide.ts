import type { Containment } from '@aftertrace/schema';

import type { PolicyDecision, ProposedCall } from './call.ts';
import type { CompiledPolicy, CompiledRule, RuleIndex } from './compiled-policy.ts';
import { compose, type Match } from './compose.ts';
import { appliesTo, verdictOf } from './containment.ts';
import { viewOf } from './json-view.ts';
import { entriesOf } from './name-index.ts';
import { matchRules } from './match-rules.ts';

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
  /** The rule or containment whose quarantine a reviewer has lifted for this one call; it is left out. */
  readonly released?: string | undefined;
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
  const stopped = matchContainments(containments, call, nowMillis, assumeEnforced);
  const rules = policy === undefined ? undefined : candidates(policy.callRules, call);
  if (stopped === undefined && rules === undefined) return policy?.allow ?? ALLOW;
  const matched = matchRules(rules, { call, assumeEnforced });
  const all = stopped === undefined ? matched : [...stopped, ...matched];
  const found = input.released === undefined ? all : without(all, input.released);
  if (found.length === 0) return policy?.allow ?? ALLOW;
  return compose(found, { policy, value: call.arguments });
}

/**
 * Decides what becomes of a result, by the rules that have result predicates: `block` and `quarantine` withhold it,
 * `redact` names the redactions to apply, `flag` records. Never throws.
 */
export function decideResult(input: DecideResultInput): PolicyDecision {
  const { policy, call, result } = input;
  if (policy === undefined) return ALLOW;
  const rules = candidates(policy.resultRules, call);
  const found = matchRules(rules, { call, result, assumeEnforced: input.assumeEnforced === true });
  return found.length === 0 ? policy.allow : compose(found, { policy, value: undefined });
}

/** Do a rule's result predicates hold? `false` for a rule without any, and where a getter of the result throws. */
export function matchesResult(rule: CompiledRule, result: unknown): boolean {
  try {
    const view = viewOf(result);
    return rule.resultTests.length > 0 && rule.resultTests.every((test) => test(view));
  } catch {
    return false;
  }
}

/** A release lifts a quarantine, never a block of the same name. */
function without(found: readonly Match[], released: string): readonly Match[] {
  return found.filter((match) => {
    const { id } = match.kind === 'rule' ? match.rule : match.containment;
    return match.verdict !== 'quarantine' || id !== released;
  });
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

/** The rules that name this tool or this agent, or neither; `undefined` where there are none. */
function candidates(index: RuleIndex, call: ProposedCall): CompiledRule[] | undefined {
  return entriesOf(index.byAgent, call.agent, entriesOf(index.byTool, call.tool, undefined));
}
