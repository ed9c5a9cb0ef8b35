import {
  Actor,
  ApprovalRequest,
  Containment,
  ContainmentEffect,
  Decision,
  Override,
  Timestamp,
  type LedgerEntry,
} from '@aftertrace/schema';
import { z } from 'zod';

/**
 * What a review reads of the audit log, by type of entry. Loose on purpose: a review must also read logs of other versions,
 * and what it does not understand is counted, not guessed.
 */
const AuditRecords = {
  'containment.requested': z.object({ containment: Containment }),
  'containment.effective': z.object({ containment: z.string(), effect: ContainmentEffect }),
  'containment.unreachable': z.object({ containment: z.string(), instance: z.string() }),
  'containment.released': z.object({ containment: z.string(), reason: z.string(), by: Actor }),
  'containment.expired': z.object({ containment: z.string() }),
  'policy.published': z.object({
    bundle: z.looseObject({ name: z.string(), revision: z.int() }),
    reason: z.string(),
  }),
  'policy.refused': z.object({ name: z.string(), instance: z.string().optional() }),
  'policy.effective': z.object({
    instance: z.string(),
    agent: z.string(),
    policyRevision: z.int(),
    inForceSince: Timestamp,
  }),
  'approval.requested': z.object({ request: ApprovalRequest.omit({ arguments: true }) }),
  'approval.expired': z.object({ approval: z.string() }),
  override: z.object({ override: Override, approval: z.string().optional() }),
  'override.outcome': z.object({
    override: z.string(),
    status: z.string(),
    at: Timestamp,
    detail: z.string().optional(),
    inferred: z.boolean().optional(),
  }),
  decision: z.object({ decision: Decision, instance: z.string().optional() }),
  'evidence.gap': z.object({
    instance: z.string(),
    agent: z.string(),
    from: z.int(),
    to: z.int(),
    cause: z.string(),
  }),
} as const;

type AuditRecordType = keyof typeof AuditRecords;

/** An entry of the audit log, with the data of its type. */
export type AuditRecord = {
  [T in AuditRecordType]: {
    readonly type: T;
    readonly seq: number;
    readonly at: string;
    readonly actor: Actor;
    readonly data: z.infer<(typeof AuditRecords)[T]>;
  };
}[AuditRecordType];

/** The entries that a review understands, and how many of those types it does not. */
export interface ReadAudit {
  readonly records: readonly AuditRecord[];
  readonly unreadable: number;
}

/** Reads audit entries, in order. Types that say nothing about an incident are passed over. */
export function readAudit(entries: Iterable<LedgerEntry>): ReadAudit {
  const records: AuditRecord[] = [];
  let unreadable = 0;
  for (const { type, seq, at, actor, data } of entries) {
    if (!Object.hasOwn(AuditRecords, type)) continue;
    const parsed = AuditRecords[type as AuditRecordType].safeParse(data);
    if (parsed.success) records.push({ type, seq, at, actor, data: parsed.data } as AuditRecord);
    else unreadable += 1;
  }
  return { records, unreadable };
}
