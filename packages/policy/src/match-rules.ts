import type { ProposedCall } from './call.ts';
import type { CompiledRule, ValueTest } from './compiled-policy.ts';
import type { Match } from './compose.ts';
import { viewOf } from './json-view.ts';

/** What rules are asked about. */
export interface Question {
  readonly call: ProposedCall;
  /** Where rules about results are asked. */
  readonly result?: unknown;
  readonly assumeEnforced: boolean;
}

/** The rules that match, or that could not be evaluated. Never throws. */
export function matchRules(
  rules: readonly CompiledRule[] | undefined,
  question: Question,
): Match[] {
  const matches: Match[] = [];
  if (rules === undefined) return matches;
  const views = new Views(question);
  for (const rule of rules) {
    const enforced = question.assumeEnforced || rule.mode === 'enforce';
    try {
      if (!holds(rule, question.call, views)) continue;
      matches.push({ kind: 'rule', rule, verdict: rule.verdict, enforced });
    } catch {
      // A getter or a proxy threw. What that means is the rule's own word.
      matches.push({ kind: 'rule', rule, verdict: rule.onError, enforced, unevaluated: true });
    }
  }
  return matches;
}

function holds(rule: CompiledRule, call: ProposedCall, views: Views): boolean {
  if (!rule.matchesAgent(call.agent)) return false;
  if (rule.argumentTests.length > 0 && !allHold(rule.argumentTests, views.arguments)) return false;
  return rule.resultTests.length === 0 || allHold(rule.resultTests, views.result);
}

function allHold(tests: readonly ValueTest[], value: unknown): boolean {
  return tests.every((test) => test(value));
}

/** Parses JSON text once for all rules, and only if a rule asks. */
class Views {
  readonly #question: Question;
  #arguments: { readonly value: unknown } | undefined;
  #result: { readonly value: unknown } | undefined;

  constructor(question: Question) {
    this.#question = question;
  }

  get arguments(): unknown {
    this.#arguments ??= { value: viewOf(this.#question.call.arguments) };
    return this.#arguments.value;
  }

  get result(): unknown {
    this.#result ??= { value: viewOf(this.#question.result) };
    return this.#result.value;
  }
}
