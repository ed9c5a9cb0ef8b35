import { z } from 'zod';

import { ApprovalRequest } from './control-protocol.ts';
import { Override } from './override.ts';

/** A call that was refused by a quarantine and waits for a reviewer: never to be made late, at most to be retried once. */
export const QuarantineRequest = z.strictObject({
  ...ApprovalRequest.omit({
    expiresAt: true,
    approvers: true,
    furtherApprovers: true,
    resumable: true,
  }).shape,
  /** The containment behind it; absent: a rule. */
  containment: z.string().optional(),
  /** It was refused while the companion was away: keep it, release nothing. */
  late: z.literal(true).optional(),
});
export type QuarantineRequest = z.infer<typeof QuarantineRequest>;

/** What the companion says to a process whose call is in quarantine. */
export const QuarantineAnswer = z.strictObject({
  id: z.string(),
  /** Present: this one retry may run. It is used up with this answer. */
  released: Override.optional(),
});
export type QuarantineAnswer = z.infer<typeof QuarantineAnswer>;

/** A call in quarantine, as people read it. */
export const QuarantinedCall = z.strictObject({
  request: QuarantineRequest,
  /**
   * `released`: one retry may come until the override's `expiresAt`. `retried`: it has come. `lapsed`: none came in time; the
   * next try is held again.
   */
  state: z.enum(['held', 'released', 'retried', 'lapsed', 'discarded']),
  override: Override.optional(),
});
export type QuarantinedCall = z.infer<typeof QuarantinedCall>;

/** A reviewer's word, as it is sent to `POST /control/v1/quarantine/{id}`. */
export const QuarantineDecisionInput = z.strictObject({
  decision: z.enum(['release', 'discard']),
  actor: z.strictObject({
    id: z.string().min(1),
    name: z.string().optional(),
    role: z.string().optional(),
  }),
  reason: z.string().trim().min(1, 'a reason is required'),
  /** How long the retry may take to come, in milliseconds. */
  ttlMillis: z.int().positive().max(604_800_000).default(900_000),
});
export type QuarantineDecisionInput = z.input<typeof QuarantineDecisionInput>;
