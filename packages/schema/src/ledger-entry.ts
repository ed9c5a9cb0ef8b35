import { z } from 'zod';

import { Actor } from './actor.ts';
import { Timestamp } from './time.ts';

/** The kinds of entries in the companion's audit log. */
export const AuditType = z.enum([
  'ledger.opened',
  'ledger.carried',
  'ledger.trimmed',
  'decision',
  'approval.requested',
  'approval.expired',
  'approval.resumed',
  'approval.delivered',
  'quarantine.held',
  'quarantine.retried',
  'effect',
  'rollback.requested',
  'rollback.finished',
  'override',
  'override.outcome',
  'containment.requested',
  'containment.effective',
  'containment.unreachable',
  'containment.staged',
  'containment.released',
  'containment.expired',
  'plan.switched_on',
  'plan.switched_off',
  'policy.proposed',
  'policy.rejected',
  'policy.published',
  'policy.refused',
  'policy.effective',
  'evidence.gap',
  'access.refused',
  'token.created',
  'token.rotated',
  'token.revoked',
  'incident.transition',
  'incident.head',
  'data.removed',
  'data.erased',
  'data.compacted',
  'data.migrated',
  'hold.ordered',
  'hold.released',
]);
export type AuditType = z.infer<typeof AuditType>;

/** One entry. `hash` is SHA-256 over the RFC 8785 bytes of the entry without `hash`; `prevHash` chains it. */
export const LedgerEntry = z.strictObject({
  seq: z.int().nonnegative(),
  at: Timestamp,
  actor: Actor,
  type: z.string().min(1),
  data: z.record(z.string(), z.unknown()),
  /** 64 zeros for the first entry. */
  prevHash: z.string().regex(/^[0-9a-f]{64}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

/** What a writer gives; the ledger adds the rest. */
export type LedgerEntryInput = Pick<LedgerEntry, 'at' | 'actor' | 'type' | 'data'>;
