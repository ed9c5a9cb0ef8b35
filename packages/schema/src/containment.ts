import { z } from 'zod';

import { Actor } from './actor.ts';
import { RuleMode } from './decision.ts';
import { Timestamp } from './time.ts';

export const ContainmentKind = z.enum(['kill', 'revoke', 'quarantine', 'retire']);
export type ContainmentKind = z.infer<typeof ContainmentKind>;

/** What a containment covers. Fields add up (logical and); values are exact, never patterns. */
export const ContainmentScope = z.union([
  z.literal('global'),
  z
    .strictObject({
      tenant: z.string().min(1).optional(),
      agent: z.string().min(1).optional(),
      agentVersion: z.string().min(1).optional(),
      conversation: z.string().min(1).optional(),
      run: z.string().min(1).optional(),
      tool: z.string().min(1).optional(),
      capability: z.string().min(1).optional(),
    })
    .refine((scope) => Object.values(scope).some((value) => value !== undefined), {
      message: 'an empty scope would match everything; write "global" if that is meant',
    }),
]);
export type ContainmentScope = z.infer<typeof ContainmentScope>;

/** Proof that one process has it in force. */
export const ContainmentEffect = z.strictObject({
  instance: z.string(),
  at: Timestamp,
  /** Calls that were running and were aborted. */
  aborted: z.int().nonnegative(),
});
export type ContainmentEffect = z.infer<typeof ContainmentEffect>;

/** A standing order. A call is stopped while any applies; nothing inside an agent process can release one. */
export const Containment = z.strictObject({
  id: z.string(),
  kind: ContainmentKind,
  scope: ContainmentScope,
  mode: RuleMode,
  reason: z.string().trim().min(1),
  actor: Actor,
  requestedAt: Timestamp,
  /** Absent: until released. `retire` never has one. */
  expiresAt: Timestamp.optional(),
  drill: z.boolean(),
  inFlight: z.enum(['abort', 'finish']),
  effective: z.array(ContainmentEffect),
  /** Instances with a live guard at the time of the request that have not acknowledged. */
  unreachable: z.array(z.string()),
  released: z
    .strictObject({ actor: Actor, reason: z.string().trim().min(1), at: Timestamp })
    .optional(),
});
export type Containment = z.infer<typeof Containment>;
