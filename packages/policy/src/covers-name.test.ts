import { expect, test } from 'vitest';

import { coversName, type CompiledPolicy, type ProposedCall } from './index.ts';
import { callOf, containmentOf, NOW, policyOf, stateOf } from './testing/make.ts';

const judged = callOf({ tool: 'shop_refund' });

function covers(policy: CompiledPolicy | undefined, containments = [] as object[]): boolean {
  const call: ProposedCall = callOf();
  const orders = containments.map((order) => containmentOf(order));
  const other = { policy, containments: orders, call, nowMillis: NOW, state: stateOf() };
  return coversName(judged, other);
}

test('nothing in force, or about either name alike, leaves nothing more to judge', () => {
  expect(covers(undefined)).toBe(true);
  expect(covers(policyOf({ match: { tool: 'ship' } }))).toBe(true);
  expect(covers(policyOf({ match: {} }, { match: { agent: 'support' } }))).toBe(true);
  expect(covers(policyOf({ match: { tool: ['refund', 'shop_refund'] } }))).toBe(true);
  expect(covers(undefined, [{ scope: { agent: 'support' } }])).toBe(true);
});

test('what is about the other name alone is still to be judged', () => {
  expect(covers(policyOf({ match: { tool: 'refund' } }))).toBe(false);
  expect(covers(policyOf({ match: { tool: 'ref*' }, mode: 'shadow' }))).toBe(false);
  const result = [{ pointer: '', contains: ['stop'] }];
  expect(covers(policyOf({ match: { tool: 'refund', result } }))).toBe(false);
  expect(covers(policyOf({ when: 'call.tool == "refund"' }))).toBe(false);
  expect(covers(undefined, [{ scope: { tool: 'refund' } }])).toBe(false);
});
