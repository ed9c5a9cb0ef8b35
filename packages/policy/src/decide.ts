import type { Containment } from '@aftertrace/schema';

import type { PolicyDecision, ProposedCall } from './call.ts';
import type { CompiledPolicy, CompiledRule, RuleIndex } from './compiled-policy.ts';
import { compose, type Match } from './compose.ts';
import { appliesTo, verdictOf } from './containment.ts';
import { viewOf } from './json-view.ts';
import { matchRules, type RulesFound } from './match-rules.ts';
import { entriesOf } from './name-index.ts';
import type { DecisionEffects, PolicyState } from './policy-state.ts';
import { highestClass } from './reversibility.ts';
import { RuleContext } from './rule-context.ts';

/** What `decide` looks at. */
export interface DecideInput {
  readonly policy?: CompiledPolicy | undefined;
  /** Those in force for this agent; released and expired ones do no harm. */
  readonly containments: readonly Containment[];
  readonly call: ProposedCall;
  /** Milliseconds since the Unix epoch: the engine has no clock. */
  readonly nowMillis: number;
  /** What was before the call, and what has been counted; absent: a first call, and nothing is counted. */
  readonly state?: PolicyState | undefined;
  /** The call has been decided and counted before: limits and circuits are not asked a second time. */
  readonly counted?: boolean | undefined;
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
  /** Milliseconds since the Unix epoch, for `now` in expressions. */
  readonly nowMillis?: number | undefined;
  readonly state?: PolicyState | undefined;
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
  const { policy, containments, call, nowMillis, state } = input;
  const assumeEnforced = input.assumeEnforced === true;
  const rules = policy === undefined ? undefined : candidates(policy.callRules, call);
  if (rules === undefined && containments.length === 0) return policy?.allow ?? ALLOW;
  const context = new RuleContext({ call, state, nowMillis });
  const asking = { assumeEnforced, counted: input.counted === true };
  const found = matchRules(rules ?? [], context, asking);
  if (containments.length === 0 && isNothing(found)) return policy?.allow ?? ALLOW;
  return concluded(input, found, assumeEnforced);
}

/** Adds containments, which look at the class to which rules raised the call, and what is to be kept. */
function concluded(input: DecideInput, found: RulesFound, assumeEnforced: boolean): PolicyDecision {
  const { policy, containments, call, nowMillis, released } = input;
  const raised = raisedClass(call, found);
  const asked = raised === undefined ? call : { ...call, reversibility: raised };
  const stopped = matchContainments(containments, asked, { nowMillis, assumeEnforced });
  const all = stopped.length === 0 ? found.matches : [...stopped, ...found.matches];
  const matches = released === undefined ? all : without(all, released);
  const composed =
    matches.length === 0 ? undefined : compose(matches, { policy, value: call.arguments });
  const decision = composed?.decision ?? policy?.allow ?? ALLOW;
  // What a reviewer has released is not asked again, and its labels stand.
  const lifted = released === undefined ? NONE : all.filter((match) => !matches.includes(match));
  const standing = [...(composed?.matches ?? NONE), ...lifted];
  const effects = refuses(decision) ? undefined : effectsOf(found, standing);
  if (raised === undefined && effects === undefined) return decision;
  return Object.freeze({
    ...decision,
    ...(raised === undefined ? {} : { reversibility: raised }),
    ...(effects === undefined ? {} : { effects }),
  });
}

/**
 * Decides what becomes of a result, by the rules that have result predicates: `block` and `quarantine` withhold it,
 * `redact` names the redactions to apply, `flag` records. Never throws.
 */
export function decideResult(input: DecideResultInput): PolicyDecision {
  const { policy, call, result, state } = input;
  if (policy === undefined) return ALLOW;
  const rules = candidates(policy.resultRules, call);
  if (rules === undefined) return policy.allow;
  const context = new RuleContext({ call, result, state, nowMillis: input.nowMillis ?? 0 });
  const assumeEnforced = input.assumeEnforced === true;
  const found = matchRules(rules, context, { assumeEnforced, counted: false });
  if (found.matches.length === 0) return policy.allow;
  const { decision, matches } = compose(found.matches, { policy, value: undefined });
  const effects = effectsOf(found, matches);
  return effects === undefined ? decision : Object.freeze({ ...decision, effects });
}

function isNothing({ matches, counters, circuits }: RulesFound): boolean {
  return matches.length + counters.length + circuits.length === 0;
}

function refuses({ action }: PolicyDecision): boolean {
  return action === 'block' || action === 'quarantine';
}

/** The class to which enforced rules raise what is known of the call; undefined where none does. */
function raisedClass(call: ProposedCall, { matches }: RulesFound): PolicyDecision['reversibility'] {
  let highest = call.reversibility;
  for (const match of matches) {
    if (match.kind !== 'rule' || !match.enforced || match.unevaluated === true) continue;
    // Of a tool of which nothing is known, a rule that names a class knows more, whichever it is.
    highest = highestClass(highest, match.rule.reversibility);
  }
  return highest === call.reversibility ? undefined : highest;
}

/** @param matches What matched after all: a rule that had nothing to change sets no label. */
function effectsOf(
  { counters, circuits }: RulesFound,
  matches: readonly Match[],
): DecisionEffects | undefined {
  const set = matches.filter((match) => match.kind === 'rule').filter(isLabelling);
  if (set.length + counters.length + circuits.length === 0) return undefined;
  const labelsOf = (enforced: boolean): readonly string[] => [
    ...new Set(set.filter((one) => one.enforced === enforced).flatMap(({ rule }) => rule.labels)),
  ];
  return { counters, circuits, labels: labelsOf(true), shadowLabels: labelsOf(false) };
}

function isLabelling(match: Extract<Match, { kind: 'rule' }>): boolean {
  return match.rule.labels.length > 0 && match.unevaluated !== true;
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

const NONE: readonly Match[] = Object.freeze([]);

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
  how: { readonly nowMillis: number; readonly assumeEnforced: boolean },
): readonly Match[] {
  if (containments.length === 0) return NONE;
  return containments
    .filter((containment) => appliesTo(containment, call, how.nowMillis))
    .map((containment) => ({
      kind: 'containment',
      containment,
      verdict: verdictOf(containment),
      enforced: how.assumeEnforced || containment.mode === 'enforce',
    }));
}

/** The rules that name this tool, what it can do, or this agent, or nothing; `undefined` where there are none. */
function candidates(index: RuleIndex, call: ProposedCall): readonly CompiledRule[] | undefined {
  const named = entriesOf(index.byAgent, call.agent, entriesOf(index.byTool, call.tool, undefined));
  const { byCapability } = index;
  const { capabilities } = call;
  if (byCapability === undefined || capabilities === undefined) return named;
  let found = named;
  for (const capability of capabilities) found = entriesOf(byCapability, capability, found);
  // One that names two of them is asked, and counts, once.
  return found === undefined || capabilities.length < 2 ? found : [...new Set(found)];
}
