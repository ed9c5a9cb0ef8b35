import type { PolicyBundle, RuleTest, Verdict } from '@aftertrace/schema';

import type { BundleProblem } from './bundle-problem.ts';
import type { CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import { decide, decideResult } from './decide.ts';
import { buildNameIndex } from './name-index.ts';

/** Runs the tests that stand in the rules, each against its own rule alone, taken as enforced. */
export function runRuleTests(
  bundle: PolicyBundle,
  policy: CompiledPolicy,
): readonly BundleProblem[] {
  return bundle.rules.flatMap((source, index) => {
    const rule = policy.rules[index];
    if (rule === undefined) return [];
    return (source.tests ?? []).flatMap((test, testIndex) => {
      const decided = decideAlone(policy, rule, { test, tool: source.match.tool });
      if (decided === test.expect) return [];
      const name = JSON.stringify(test.name);
      const message = `its test ${name} expects ${test.expect}, but the rule decides ${decided}`;
      return [{ message, path: ['rules', index, 'tests', testIndex], rule: rule.id }];
    });
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
