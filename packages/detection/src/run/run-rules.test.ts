import { RunOutcome } from '@aftertrace/schema';
import { describe, expect, it } from 'vitest';

import { runExamples } from '../testing/run.examples.ts';
import { judgeRun } from './judge-run.ts';
import { runRuleInfos } from './run-rules.ts';

const hits = Object.entries(runExamples).flatMap(([rule, examples]) =>
  examples.hits.map(([what, facts, outcome]) => ({ rule, what, facts, outcome })),
);
const misses = Object.entries(runExamples).flatMap(([rule, examples]) =>
  examples.misses.map(([what, facts]) => ({ rule, what, facts })),
);

describe('the rules about runs', () => {
  it('have examples that hit and examples that must not, each of them', () => {
    expect(Object.keys(runExamples).toSorted()).toEqual(
      runRuleInfos.map(({ id }) => id).toSorted(),
    );
    for (const { hits, misses } of Object.values(runExamples)) {
      expect(hits.length).toBeGreaterThan(0);
      expect(misses.length).toBeGreaterThan(0);
    }
  });

  it('stand in the order of their weights, no two of which are equal', () => {
    const weights = runRuleInfos.map(({ weight }) => weight);
    expect(weights).toEqual([...new Set(weights)].toSorted((a, b) => b - a));
  });

  it.each(hits)('$rule: $what', ({ rule, facts, outcome }) => {
    const judged = judgeRun(facts);
    expect(judged).toMatchObject({ ...outcome, rule });
    expect(RunOutcome.parse(judged)).toEqual(judged);
  });

  it.each(misses)('not $rule: $what', ({ rule, facts }) => {
    expect(judgeRun(facts).rule).not.toBe(rule);
  });
});
