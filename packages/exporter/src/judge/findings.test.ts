import { expect, test } from 'vitest';

import { decisionFinding } from './findings.ts';

const context = {
  at: '2026-11-23T10:00:00.000Z',
  agent: 'support',
  tool: 'refund',
  toolCallId: undefined,
  run: 'run-1',
  conversation: undefined,
  environment: undefined,
} as unknown as Parameters<typeof decisionFinding>[0];

const decision = (more: object): Parameters<typeof decisionFinding>[1] =>
  ({ id: 'dec_1', action: 'block', verdict: 'block', ...more }) as never;

test.each([
  ['of a containment', { source: 'containment' }, 'containment'],
  ['of a rule', { source: 'policy', rule: 'no-sql' }, 'no-sql'],
  [
    'of a rule that is named like one',
    { source: 'policy', rule: 'containment' },
    'policy.containment',
  ],
  ['of nobody', { source: 'default' }, 'default'],
])('a decision %s is told as what it is', (_whose, more, rule) => {
  expect(decisionFinding(context, decision(more))?.rule).toBe(rule);
});
