import type { Containment, MatchedRule, Verdict } from '@aftertrace/schema';

import type { PolicyDecision } from './call.ts';
import type { CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import { applyRedactions } from './redact.ts';
import type { ResultChange } from './result-changes.ts';
import { applyTransforms } from './transform.ts';

/** A containment or a rule that matched a call. */
export type Match = ContainmentMatch | RuleMatch;

interface ContainmentMatch {
  readonly kind: 'containment';
  readonly containment: Containment;
  readonly verdict: Verdict;
  readonly enforced: boolean;
}

interface RuleMatch {
  readonly kind: 'rule';
  readonly rule: CompiledRule;
  readonly verdict: Verdict;
  readonly enforced: boolean;
  /** It could not be evaluated; its verdict is its `onError`. */
  readonly unevaluated?: boolean;
}

/**
 * Which verdict decides when several apply (contract: Decision). Block and quarantine end the matter, and a block
 * leaves nobody the choice to release; escalate asks first; what changes a call changes it together; the rest only
 * records.
 */
export const VERDICT_RANK: Readonly<Record<Verdict, number>> = Object.freeze({
  block: 6,
  quarantine: 5,
  escalate: 4,
  transform: 3,
  redact: 3,
  flag: 1,
  allow: 0,
});

/** What a decision is composed for. */
export interface ComposeContext {
  readonly policy: CompiledPolicy | undefined;
  /** The proposed arguments. */
  readonly value: unknown;
  /** Of rules about results: what the tool returned. */
  readonly result?: { readonly value: unknown };
}

/** A decision, and what it is composed of: what does not match after all is not in it. */
export interface Composed {
  readonly decision: PolicyDecision;
  readonly matches: readonly Match[];
}

/**
 * One decision from everything that matched, which is at least one thing. A rule that would only change what is not
 * there (a redaction that finds nothing) does not match, and one whose change cannot be made could not be evaluated.
 */
export function compose(found: readonly Match[], context: ComposeContext): Composed {
  const { matches, changed } = withChanges(found.toSorted(byPrecedence), context);
  const { policy } = context;
  const isAllowed = matches.length === 0 && policy !== undefined;
  return { matches, decision: isAllowed ? policy.allow : decisionOf(matches, changed, policy) };
}

function decisionOf(
  matches: readonly Match[],
  changed: Changed,
  policy: CompiledPolicy | undefined,
): PolicyDecision {
  const deciding = matches.find((match) => match.enforced);
  const strongest = matches[0];
  const action = deciding?.verdict ?? 'allow';
  const first = action === 'allow' ? strongest : deciding;
  const verdict = strongest?.verdict ?? 'allow';
  const passes = VERDICT_RANK[action] <= VERDICT_RANK.escalate;
  return Object.freeze({
    verdict,
    action,
    ...decidedBy(first, action, policy),
    rules: listed(matches, first),
    ...(policy === undefined ? {} : { policy: policy.allow.policy }),
    ...(passes && changed.paths.length > 0 ? { arguments: changed } : {}),
    resultRedactions: passes ? resultChangesOf(matches) : [],
    ...(action === 'escalate' ? { escalation: escalationOf(matches) } : {}),
    ...unevaluatedOf(matches),
  }) as PolicyDecision;
}

function byPrecedence(a: Match, b: Match): number {
  return VERDICT_RANK[b.verdict] - VERDICT_RANK[a.verdict] || positionOf(a) - positionOf(b);
}

/** Containments before rules, rules in bundle order. */
function positionOf(match: Match): number {
  return match.kind === 'rule' ? match.rule.order : -1;
}

/** Rules that may change a call, enforced or in shadow, in bundle order. */
function changing(matches: readonly Match[]): readonly RuleMatch[] {
  return matches
    .filter((match) => match.kind === 'rule')
    .filter(({ verdict }) => VERDICT_RANK[verdict] > VERDICT_RANK.flag)
    .toSorted((a, b) => a.rule.order - b.rule.order);
}

interface Changed {
  readonly value: unknown;
  readonly paths: readonly string[];
}

/** Applies transforms and redactions; a rule whose changes cannot be made follows its `onError`. */
function withChanges(
  found: readonly Match[],
  { value, result }: ComposeContext,
): { readonly matches: readonly Match[]; readonly changed: Changed } {
  const applyRule = result === undefined ? changeArguments : changeResult;
  const proposed: Changed = { value: result === undefined ? value : result.value, paths: [] };
  let changed = proposed;
  const broken = new Set<Match>();
  const idle = new Set<Match>();
  for (const match of changing(found)) {
    try {
      const after = applyRule(match.rule, changed);
      const nothing = after === changed && applyRule(match.rule, proposed) === proposed;
      if (nothing && onlyChanges(match.rule)) idle.add(match);
      // What is in shadow is only tried.
      else if (match.enforced) changed = after;
    } catch {
      // The arguments do not have the form that the rule expects. What that means is the rule's own word.
      broken.add(match);
    }
  }
  // Results are changed when they are delivered: here it is only seen whether they can be.
  if (result !== undefined) changed = { value: undefined, paths: [] };
  if (broken.size + idle.size === 0) return { matches: found, changed };
  const matches = found
    .filter((match) => !idle.has(match))
    .map((match) =>
      match.kind === 'rule' && broken.has(match)
        ? { ...match, verdict: match.rule.onError, unevaluated: true }
        : match,
    );
  return { matches: matches.toSorted(byPrecedence), changed };
}

/** Its verdict says no more than that it changes the arguments. */
function onlyChanges({ verdict, resultRedactions }: CompiledRule): boolean {
  return (verdict === 'redact' || verdict === 'transform') && resultRedactions.length === 0;
}

/** A redaction of a result that finds nothing is a match all the same: results are not looked through twice. */
function changeResult({ resultTransforms }: CompiledRule, before: Changed): Changed {
  if (resultTransforms.length === 0) return before;
  const { value, paths } = applyTransforms(before.value, resultTransforms);
  return paths.length === 0 ? before : { value, paths };
}

function changeArguments(rule: CompiledRule, before: Changed): Changed {
  const transformed = applyTransforms(before.value, rule.transforms);
  const redacted = applyRedactions(transformed.value, rule.argumentRedactions);
  if (transformed.paths.length === 0 && redacted.paths.length === 0) return before;
  const paths = [...before.paths, ...transformed.paths, ...redacted.paths];
  return { value: redacted.value, paths: [...new Set(paths)] };
}

function resultChangesOf(matches: readonly Match[]): readonly ResultChange[] {
  return changing(matches)
    .filter(({ enforced }) => enforced)
    .flatMap(({ rule }) => [...rule.resultTransforms, ...rule.resultRedactions]);
}

function decidedBy(
  match: Match | undefined,
  action: Verdict,
  policy: CompiledPolicy | undefined,
): Partial<PolicyDecision> {
  if (match === undefined) return { source: policy === undefined ? 'default' : 'policy' };
  if (match.kind === 'rule') {
    return { source: 'policy', rule: match.rule.id, reason: reasonOf(match) };
  }
  const { containment } = match;
  return {
    source: 'containment',
    reason: `${containment.kind} in force: ${containment.reason}`,
    ...(action === 'allow' ? {} : { containment }),
  };
}

function reasonOf(match: RuleMatch): string {
  return match.unevaluated === true
    ? `rule ${match.rule.id} could not be evaluated for these arguments`
    : match.rule.reason;
}

function listed(matches: readonly Match[], first: Match | undefined): readonly MatchedRule[] {
  const ordered = first === undefined ? matches : [first, ...matches.filter((m) => m !== first)];
  return ordered.map((match) => ({
    id: match.kind === 'rule' ? match.rule.id : match.containment.id,
    verdict: match.verdict,
    mode: match.kind === 'rule' ? match.rule.mode : match.containment.mode,
  }));
}

/**
 * Several escalations ask once: the shortest wait, a block if any of them says so, and somebody whom each of them names that
 * names anybody.
 */
function escalationOf(matches: readonly Match[]): PolicyDecision['escalation'] {
  const rules = matches
    .filter((match) => match.kind === 'rule')
    .filter((match) => match.enforced && match.verdict === 'escalate')
    .map((match) => match.rule);
  const [approvers, ...furtherApprovers] = distinct(
    rules.flatMap((rule) => (rule.approvers === undefined ? [] : [rule.approvers])),
  );
  return {
    ttlMillis: Math.min(...rules.map((rule) => rule.ttlMillis)),
    onExpiry: rules.some((rule) => rule.onExpiry === 'block') ? 'block' : 'allow',
    ...(approvers === undefined ? {} : { approvers }),
    ...(furtherApprovers.length === 0 ? {} : { furtherApprovers }),
  };
}

/** Lists that say the same ask for one person's word once. */
function distinct(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map(lists.map((list) => [JSON.stringify(list.toSorted()), list])).values()];
}

function unevaluatedOf(matches: readonly Match[]): { unevaluated?: readonly string[] } {
  const ids = matches
    .filter((match) => match.kind === 'rule')
    .filter((match) => match.unevaluated === true)
    .map((match) => match.rule.id);
  return ids.length === 0 ? {} : { unevaluated: ids };
}
