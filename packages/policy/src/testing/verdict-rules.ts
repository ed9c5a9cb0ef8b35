import type { Verdict } from '@aftertrace/schema';

import { decide, type PolicyDecision } from '../index.ts';
import { callOf, NOW, policyOf, type RuleInput } from './make.ts';

/** A rule of each verdict, for the tool `refund`. */
export const RULES: Readonly<Record<Verdict, Partial<RuleInput>>> = {
  allow: { verdict: 'allow' },
  flag: { verdict: 'flag' },
  block: { verdict: 'block' },
  quarantine: { verdict: 'quarantine' },
  escalate: { verdict: 'escalate' },
  redact: { verdict: 'redact', with: { redactions: [{ pointer: '/note' }] } },
  transform: { verdict: 'transform', with: { transforms: [{ pointer: '/amount', set: 10 }] } },
};
/** Every verdict. */
export const VERDICTS = Object.keys(RULES) as readonly Verdict[];

/** What rules say about a call of `refund` with these arguments. */
export function decideBy(
  rules: readonly Partial<RuleInput>[],
  value: unknown = { amount: 50, note: 'x' },
): PolicyDecision {
  return decide({
    policy: policyOf(...rules),
    containments: [],
    call: callOf({ arguments: value }),
    nowMillis: NOW,
  });
}
