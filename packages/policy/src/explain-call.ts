import type { PolicyBundle, PolicyRule, RuleMode, RuleTest, Verdict } from '@aftertrace/schema';

import type { PolicyDecision, ProposedCall } from './call.ts';
import { compileBundle } from './compile-bundle.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { decide, decideResult } from './decide.ts';
import { describeCall } from './describe-call.ts';
import { nameTest } from './name-index.ts';
import { stateGiven } from './rule-tests.ts';

/** One condition of a rule, held against a call. */
export interface ExplainedPart {
  /** Where it stands in the rule, for example `match.arguments[0]` or `when`. */
  readonly part: string;
  readonly holds: boolean;
  /** It has no answer for this call: where no other condition fails, the rule follows its `onError`. */
  readonly unevaluated?: true;
  /** The condition as it is written. */
  readonly written: unknown;
}

/** A rule that names the call's tool and agent, or neither. */
export interface ExplainedRule {
  readonly id: string;
  readonly verdict: Verdict;
  readonly mode: RuleMode;
  /** All of its parts hold. */
  readonly matches: boolean;
  /** It cannot be evaluated for this call, and follows its `onError`, which is this. */
  readonly onError?: PolicyRule['onError'];
  readonly parts: readonly ExplainedPart[];
}

/** Why a call is decided as it is. */
export interface CallExplanation {
  readonly decision: PolicyDecision;
  /** What becomes of the result; absent where none was given. */
  readonly resultDecision?: PolicyDecision;
  readonly rules: readonly ExplainedRule[];
  /** How many rules are about other tools or agents. */
  readonly aboutOthers: number;
}

/** What is asked about. */
export interface ExplainInput {
  readonly bundle: PolicyBundle;
  readonly policy: CompiledPolicy;
  /** The call, and what happened before it, as in a rule's tests. */
  readonly test: Pick<RuleTest, 'call' | 'given'>;
  /** Milliseconds since the Unix epoch. */
  readonly nowMillis: number;
}

/** Decides a call and says of each rule that could apply which of its conditions hold. Nothing is counted. */
export function explainCall(asked: ExplainInput): CallExplanation {
  const { bundle, policy, test, nowMillis } = asked;
  const { call, result } = proposedOf(policy, test);
  const input = { policy, call, nowMillis, state: stateGiven(test.given ?? {}) };
  const near = bundle.rules.filter(
    ({ match }) => names(match.tool)(call.tool) && names(match.agent)(call.agent),
  );
  return {
    decision: decide({ ...input, containments: [] }),
    ...(result === undefined ? {} : { resultDecision: decideResult({ ...input, result }) }),
    rules: near.map((rule) => explainRule(asked, rule)),
    aboutOthers: bundle.rules.length - near.length,
  };
}

function names(pattern: string | readonly string[] | undefined): (name: string) => boolean {
  return nameTest(pattern === undefined ? undefined : [pattern].flat());
}

function explainRule(asked: ExplainInput, rule: PolicyRule): ExplainedRule {
  const parts = partsOf(rule).map(({ part, written, alone }) => ({
    part,
    written,
    ...answerOf(asked, alone),
  }));
  const { id, verdict, mode, match, when, onError } = rule;
  const { holds, unevaluated } = answerOf(asked, {
    match,
    ...(when === undefined ? {} : { when }),
  });
  const about = { id, verdict, mode, matches: holds, parts };
  return unevaluated === undefined ? about : { ...about, onError };
}

const ANY_RESULT = { pointer: '', exists: true };

type Conditions = Pick<PolicyRule, 'match' | 'when'>;

interface Part {
  readonly part: string;
  readonly written: unknown;
  /** A rule of this condition only. */
  readonly alone: Conditions;
}

function partsOf({ match, when }: PolicyRule): readonly Part[] {
  const parts = Object.entries(match).flatMap(([field, written]): readonly Part[] => {
    if (written === undefined) return [];
    if (field === 'tool' || field === 'agent' || field === 'capability') {
      return [{ part: `match.${field}`, written, alone: { match: { [field]: written } } }];
    }
    if (!Array.isArray(written)) {
      return [{ part: `match.${field}`, written, alone: { match: { [field]: written } } }];
    }
    return written.map((one: unknown, index) => ({
      part: `match.${field}[${index}]`,
      written: one,
      alone: { match: { [field]: [one] } },
    }));
  });
  if (when === undefined) return parts;
  // Of a rule about results: alone, it would be asked before there is one.
  const after = (match.result ?? []).length === 0 ? {} : { result: [ANY_RESULT] };
  return [...parts, { part: 'when', written: when, alone: { match: after, when } }];
}

/** Asks the engine itself, by a rule of these conditions alone: there is one idea of what a condition means. */
function answerOf(
  { bundle, test, nowMillis }: ExplainInput,
  conditions: Conditions,
): Pick<ExplainedPart, 'holds' | 'unevaluated'> {
  const { tools } = bundle;
  const rule = { id: 'explained', verdict: 'flag', onError: 'allow', ...conditions };
  const about = { name: bundle.name, revision: 0, ...(tools === undefined ? {} : { tools }) };
  const compiled = compileBundle({ ...about, rules: [rule] });
  const [alone] = compiled.ok ? compiled.policy.rules : [];
  if (!compiled.ok || alone === undefined) return { holds: false };
  const { policy } = compiled;
  const { call, result } = proposedOf(policy, test);
  const input = { policy, call, nowMillis, state: stateGiven(test.given ?? {}, alone) };
  const decision =
    alone.resultTests.length > 0
      ? decideResult({ ...input, result })
      : decide({ ...input, containments: [] });
  const isUnevaluated = decision.unevaluated !== undefined;
  return { holds: decision.verdict === 'flag', ...(isUnevaluated ? { unevaluated: true } : {}) };
}

function proposedOf(
  policy: CompiledPolicy,
  { call: { result, ...proposed } }: ExplainInput['test'],
): { readonly call: ProposedCall; readonly result: unknown } {
  const call = { ...proposed, arguments: proposed.arguments, run: 'explained' };
  return { call: describeCall(policy, call), result };
}
