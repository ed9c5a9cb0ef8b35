import type { RunOutcome } from '@aftertrace/schema';

import type { RunFacts } from './run.ts';
import { runRules } from './run-rules.ts';
import { failingSteps } from './tool-failures.ts';

/**
 * How a run ended, on the strongest basis that there is (contract: Run outcome). Deterministic; never throws for
 * facts of this form.
 */
export function judgeRun(facts: RunFacts): RunOutcome {
  const steps = failingSteps(facts.toolCalls);
  for (const rule of runRules) {
    const hit = rule.judge(facts);
    if (hit !== undefined) return { ...hit, rule: rule.id, ...steps };
  }
  return {
    outcome: 'unknown',
    basis: 'none',
    certainty: 'likely',
    rule: 'run.nothing_known',
    ...steps,
  };
}
