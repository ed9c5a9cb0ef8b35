import { z } from 'zod';

import { Actor } from './actor.ts';
import { Timestamp } from './time.ts';

/** `approval` answers what was asked; `override` reverses a decision already made. Rates count `override` only. */
export const OverrideKind = z.enum(['approval', 'override']);
export type OverrideKind = z.infer<typeof OverrideKind>;

export const OverrideDecision = z.enum(['approve', 'modify', 'reject', 'escalate', 'terminate']);
export type OverrideDecision = z.infer<typeof OverrideDecision>;

export const OverrideOutcomeStatus = z.enum([
  'pending',
  'succeeded',
  'failed',
  'not_executed',
  'expired',
]);
export type OverrideOutcomeStatus = z.infer<typeof OverrideOutcomeStatus>;

/** The decision that stood before the person acted. */
export const PriorDecision = z.strictObject({
  source: z.enum(['agent', 'policy', 'containment']),
  /** What had been decided, for example `escalate` (policy) or `call refund` (agent). */
  decision: z.string(),
  tool: z.string().optional(),
  argumentsDigest: z.string().optional(),
  step: z.int().positive().optional(),
  rule: z.string().optional(),
});
export type PriorDecision = z.infer<typeof PriorDecision>;

/** What followed from it; a later fact is a new ledger entry that refers to the override, never an edit. */
export const OverrideOutcome = z.strictObject({
  status: OverrideOutcomeStatus,
  at: Timestamp.optional(),
  detail: z.string().optional(),
});
export type OverrideOutcome = z.infer<typeof OverrideOutcome>;

export const Override = z.strictObject({
  id: z.string(),
  at: Timestamp,
  kind: OverrideKind,
  actor: Actor,
  decision: OverrideDecision,
  /** Required: an act without a reason is refused. */
  reason: z.string().trim().min(1),
  prior: PriorDecision,
  change: z
    .strictObject({ before: z.string(), after: z.string(), paths: z.array(z.string()) })
    .optional(),
  /** SHA-256 over {agent, tool, arguments, run}; an approval is valid for this digest only, once, until it expires. */
  actionDigest: z.string(),
  expiresAt: Timestamp.optional(),
  outcome: OverrideOutcome,
  policyRevision: z.int().nonnegative().optional(),
  agent: z.string(),
  run: z.string().optional(),
  conversation: z.string().optional(),
  traceId: z.string().optional(),
  spanId: z.string().optional(),
  incident: z.string().optional(),
  /** The effect that it undoes. */
  effect: z.string().optional(),
});
export type Override = z.infer<typeof Override>;
