import type { PolicyBundle, RuleTest, Verdict } from '@aftertrace/schema';

import type { BundleProblem } from './bundle-problem.ts';
import type { CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import { decide, decideResult } from './decide.ts';
import { buildNameIndex } from './name-index.ts';

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
  const call = { agent: test.call.agent, tool: test.call.tool, arguments: test.call.arguments };
  if (rule.resultTests.length > 0) {
    const { result } = test.call;
    return decideResult({ policy: alone, call, result, assumeEnforced: true }).action;
  }
  return decide({ policy: alone, containments: [], call, nowMillis: 0, assumeEnforced: true })
    .action;
}
