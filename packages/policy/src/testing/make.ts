import type { Containment, PolicyBundleInput } from '@aftertrace/schema';

import { compileBundle } from '../compile.ts';
import {
  NEW_CONVERSATION,
  decide,
  type CompiledPolicy,
  type ConversationFacts,
  type CounterState,
  type PolicyDecision,
  type PolicyState,
  type ProposedCall,
} from '../index.ts';

/** A moment in which tests happen. */
export const NOW: number = Date.parse('2026-06-01T00:00:00.000Z');

/** A rule as a person writes it. */
export type RuleInput = PolicyBundleInput['rules'][number];

/** Compiles rules, each enforced unless it says otherwise; throws where they are not valid. */
export function policyOf(...rules: readonly Partial<RuleInput>[]): CompiledPolicy {
  const result = compileBundle({
    name: 'shop',
    revision: 7,
    rules: rules.map((rule, index) => ({
      id: `r${index}`,
      match: {},
      verdict: 'block',
      mode: 'enforce',
      ...rule,
    })),
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.policy;
}

/** A call of `refund` by `support`. */
export function callOf(call: Partial<ProposedCall> = {}): ProposedCall {
  return { agent: 'support', tool: 'refund', arguments: { amount: 50 }, ...call };
}

/** A containment that revokes everything, since 2026 and until it is released. */
export function containmentOf(containment: Partial<Containment> = {}): Containment {
  return {
    id: 'c1',
    kind: 'revoke',
    scope: 'global',
    mode: 'enforce',
    reason: 'wrong refunds',
    actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
    requestedAt: '2026-01-01T00:00:00.000Z',
    drill: false,
    inFlight: 'abort',
    effective: [],
    unreachable: [],
    ...containment,
  };
}

/** Throws: for getters and traps. */
export function boom(): never {
  throw new Error('boom');
}

/** An object of which nothing can be read. */
export function unreadable(): object {
  return new Proxy(
    {},
    { get: boom, has: boom, ownKeys: boom, getPrototypeOf: boom, getOwnPropertyDescriptor: boom },
  );
}

/** A conversation's past and counters; nothing has happened unless said otherwise. */
export function stateOf(
  conversation: Partial<ConversationFacts> = {},
  counters: PolicyState['counters'] = new Map<string, CounterState>(),
): PolicyState {
  return { conversation: { ...NEW_CONVERSATION, ...conversation }, counters, steadyMillis: 0 };
}

/** Decides a call by one enforced rule. */
export function decideWith(
  rule: Partial<RuleInput>,
  call: Partial<ProposedCall> = {},
  state: PolicyState = stateOf(),
): PolicyDecision {
  return decide({
    policy: policyOf(rule),
    containments: [],
    call: callOf(call),
    nowMillis: NOW,
    state,
  });
}
