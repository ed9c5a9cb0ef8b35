import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  decide,
  decideResult,
  NEW_CONVERSATION,
  withCall,
  type ConversationFacts,
  type CounterState,
  type PolicyDecision,
} from './index.ts';
import { boom, callOf, NOW, policyOf, unreadable, type RuleInput } from './testing/make.ts';

/** Conditions of every kind. */
const CONDITIONS: readonly Partial<RuleInput>[] = [
  {},
  { when: 'arguments.amount > 10' },
  { when: 'arguments.list.exists(x, x == 3) || "a" in conversation.labels' },
  { when: 'arguments.text.matches("^(a+)+$")' },
  { match: { arguments: [{ pointer: '/text', pattern: 'b$' }] } },
  { match: { arguments: [{ pointer: '/amount', type: 'integer', atLeast: 3 }] } },
  { match: { conversation: { labels: ['a'] } } },
  { match: { conversation: { withoutTools: 'refund' } } },
  { match: { limit: { atMost: 2 } } },
  { match: { limit: { atMost: 20, sumOf: '/amount' } } },
  { match: { breaker: { failures: 1, withinMillis: 1_000, openMillis: 1_000 } } },
  { match: { reversibility: { atLeast: 'irreversible', of: 'chain' } } },
  { match: { pinned: { model: 'm' } } },
];

const rule: fc.Arbitrary<Partial<RuleInput>> = fc
  .record({
    condition: fc.constantFrom(...CONDITIONS),
    verdict: fc.constantFrom(
      'allow' as const,
      'flag' as const,
      'escalate' as const,
      'block' as const,
    ),
    mode: fc.constantFrom('enforce' as const, 'shadow' as const),
    onError: fc.constantFrom('allow' as const, 'block' as const),
    sets: fc.boolean(),
  })
  .map(({ condition, sets, ...rest }) => ({
    ...condition,
    ...rest,
    ...(sets && condition.match?.breaker === undefined ? { with: { labels: ['a'] } } : {}),
  }));
const rules = fc.array(rule, { minLength: 1, maxLength: 5 });

const readable = fc.record(
  {
    amount: fc.oneof(fc.integer({ min: -5, max: 30 }), fc.constantFrom('7', 'many', null)),
    text: fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 40 }),
    list: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 5 }),
  },
  { requiredKeys: [] },
);

const circle: { self?: unknown; list: unknown[] } = { list: [] };
circle.self = circle;
circle.list.push(circle);
/** Made where they are used: the generator could not look at some of them either. */
const HOSTILE: readonly (() => unknown)[] = [
  () => undefined,
  unreadable,
  () => circle,
  () => ({ list: Array.from({ length: 100_000 }, () => 3) }),
  () => ({ text: 'a'.repeat(1_100_000) }),
  () => ({ list: new Uint8Array(5_000_000) }),
  () => ({ amount: 10n, list: new Map([[{}, 1]]), text: Symbol('x') }),
  () => Object.defineProperty({}, 'amount', { get: boom, enumerable: true }),
  () => '{"list": [',
];
const hostile = fc.oneof(
  fc.anything().map((value) => () => value),
  fc.constantFrom(...HOSTILE),
);

describe('decisions with a past', () => {
  it('are what would be done if everything were enforced, and refused ones leave nothing behind', () => {
    fc.assert(
      fc.property(rules, fc.array(readable, { maxLength: 8 }), (list, calls) => {
        const policy = policyOf(...list);
        const counters = new Map<string, CounterState>();
        let conversation: ConversationFacts = NEW_CONVERSATION;
        for (const args of calls) {
          const state = { conversation, counters, steadyMillis: 0 };
          const call = callOf({ arguments: args });
          const input = { policy, containments: [], call, nowMillis: NOW, state };
          const decision = decide(input);
          expect(decide(input)).toEqual(decision);
          expect(decision.verdict).toBe(decide({ ...input, assumeEnforced: true }).action);
          const left = decision.action === 'block' ? decision.effects : undefined;
          expect(left).toBeUndefined();
          for (const [key, counter] of decision.effects?.counters ?? []) counters.set(key, counter);
          if (decision.action !== 'block') {
            conversation = withCall(conversation, {
              ...call,
              ...decision.effects,
              reversibility: undefined,
            });
          }
        }
      }),
    );
  });

  it('are made of anything, and never throw', () => {
    fc.assert(
      fc.property(rules, hostile, (list, make) => {
        const args = make();
        const policy = policyOf(...list);
        const call = callOf({ arguments: args });
        const decision: PolicyDecision = decide({ policy, containments: [], call, nowMillis: NOW });
        expect(['allow', 'flag', 'escalate', 'block']).toContain(decision.action);
        const about = policyOf({
          match: { result: [{ pointer: '', exists: true }] },
          when: 'result.list.all(x, x > 1)',
        });
        const result = decideResult({ policy: about, call: callOf(), result: args });
        expect(['allow', 'block']).toContain(result.action);
      }),
    );
  });
});
