import type { PolicyBundle, RuleTest, RuleTestGiven, Verdict } from '@aftertrace/schema';

import type { BundleProblem } from './bundle-problem.ts';
import type { CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import { decide, decideResult } from './decide.ts';
import { describeCall } from './describe-call.ts';
import { buildNameIndex } from './name-index.ts';
import type { CounterState, PolicyState } from './policy-state.ts';
import { withUsage } from './usage.ts';

/** What became of one test of a rule. */
export interface RuleTestResult {
  readonly rule: string;
  readonly name: string;
  readonly expect: Verdict;
  readonly decided: Verdict;
  /** Where the test stands in the bundle. */
  readonly path: readonly (string | number)[];
}

/** Runs the tests that stand in the rules, each against its own rule alone, taken as enforced. */
export function testRules(bundle: PolicyBundle, policy: CompiledPolicy): readonly RuleTestResult[] {
  return bundle.rules.flatMap((source, index) => {
    const rule = policy.rules[index];
    if (rule === undefined) return [];
    return (source.tests ?? []).map((test, testIndex) => ({
      rule: rule.id,
      name: test.name,
      expect: test.expect,
      decided: decideAlone(policy, rule, { test, tool: source.match.tool }),
      path: ['rules', index, 'tests', testIndex],
    }));
  });
}

/** The tests that do not hold, as problems of the bundle. */
export function runRuleTests(
  bundle: PolicyBundle,
  policy: CompiledPolicy,
): readonly BundleProblem[] {
  return testRules(bundle, policy).flatMap(({ rule, name, expect, decided, path }) => {
    if (decided === expect) return [];
    const message = `its test ${JSON.stringify(name)} expects ${expect}, but the rule decides ${decided}`;
    return [{ message, path, rule }];
  });
}

interface Case {
  readonly test: RuleTest;
  readonly tool: string | readonly string[] | undefined;
}

function decideAlone(policy: CompiledPolicy, rule: CompiledRule, { test, tool }: Case): Verdict {
  const patterns = tool === undefined ? undefined : [tool].flat();
  const byTool = buildNameIndex([{ patterns, entry: rule }]);
  const index = { byTool, byAgent: buildNameIndex<CompiledRule>([]) };
  const alone = { ...policy, callRules: index, resultRules: index };
  const { result, ...proposed } = test.call;
  const call = describeCall(policy, { ...proposed, arguments: proposed.arguments, run: 'test' });
  const state = stateGiven(test.given ?? {}, rule);
  const input = { policy: alone, call, state, assumeEnforced: true };
  if (rule.resultTests.length > 0) return decideResult({ ...input, result }).action;
  return decide({ ...input, containments: [], nowMillis: 0 }).action;
}

/** What a case takes as having happened before; without a rule, nothing has been counted. */
export function stateGiven(given: RuleTestGiven, rule?: CompiledRule): PolicyState {
  const tools = new Map<string, number>();
  for (const tool of given.tools ?? []) tools.set(tool, (tools.get(tool) ?? 0) + 1);
  return {
    conversation: {
      calls: given.tools?.length ?? 0,
      failures: given.failures ?? 0,
      refusals: given.refusals ?? 0,
      tools,
      labels: given.labels ?? [],
      shadowLabels: [],
      reversibility: given.reversibility,
    },
    counters: { get: () => counterGiven(given, rule) },
    steadyMillis: 0,
  };
}

/** A rule counts one thing, so whatever it asks for is that. */
function counterGiven(
  { used, circuit }: RuleTestGiven,
  rule: CompiledRule | undefined,
): CounterState | undefined {
  if (rule === undefined) return undefined;
  const { limit, breaker } = rule;
  if (limit !== undefined && used !== undefined) {
    return withUsage(limit.limit, undefined, { amount: used, nowMillis: 0 });
  }
  if (breaker === undefined || circuit === undefined || circuit === 'closed') return undefined;
  return circuit === 'open'
    ? { kind: 'open', sinceMillis: 0 }
    : { kind: 'half_open', sinceMillis: 0, probing: 0, succeeded: 0 };
}
