import { expect, test } from 'vitest';

import { coversName, type CompiledPolicy, type ProposedCall } from './index.ts';
import { callOf, containmentOf, NOW, policyOf, stateOf } from './testing/make.ts';

const judged = callOf({ tool: 'shop_refund' });

const can = { capabilities: ['money'] };
const grave = { reversibility: 'irreversible' } as const;

function covers(
  policy: CompiledPolicy | undefined,
  containments = [] as object[],
  known: Partial<ProposedCall> = {},
): boolean {
  const call: ProposedCall = callOf(known);
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

test('what looks at results by more than names of tools is asked of the other name, too', () => {
  const result = [{ pointer: '', contains: ['stop'] }];
  expect(covers(policyOf({ match: { result } }))).toBe(true);
  expect(covers(policyOf({ match: { result }, when: 'call.tool == "refund"' }))).toBe(false);
  const judgedToo = { tool: ['refund', 'shop_refund'], result };
  expect(covers(policyOf({ match: { ...judgedToo, capability: 'money' } }), [], can)).toBe(false);
  const isGrave = { atLeast: 'externally_reversible', of: 'call' } as const;
  expect(covers(policyOf({ match: { result, reversibility: isGrave } }), [], grave)).toBe(false);
});

test('a call that a rule may ask for later by its other name is to be known under it', () => {
  const later = (conversation: object) => policyOf({ match: { tool: 'ship', conversation } });
  expect(covers(later({ afterTools: 'refund' }))).toBe(false);
  expect(covers(later({ withoutTools: ['verify', 'ref*'] }))).toBe(false);
  expect(covers(later({ afterTools: 'shop_refund' }))).toBe(true);
  const expression = { match: { tool: 'ship' }, when: '"refund" in conversation.tools' };
  expect(covers(policyOf(expression))).toBe(false);
});
