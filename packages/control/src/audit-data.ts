import {
  AccessToken,
  Actor,
  ApprovalRequest,
  Containment,
  ContainmentEffect,
  Decision,
  Effect,
  LeftReason,
  Override,
  RedeploymentRecord,
  QuarantineRequest,
  RollbackScope,
  Timestamp,
  WrittenBundle,
  type LedgerEntry,
} from '@aftertrace/schema';
import { z } from 'zod';

/** On what took effect before the ledger could take it: since when it is in force. The entry's own time is when it was sealed. */
const Applied = { appliedAt: Timestamp.optional() };

const Evidence = { instance: z.string(), agent: z.string(), evidenceSeq: z.int().nonnegative() };

/**
 * The data of each kind of audit entry that the control plane writes, and reads back when it starts: its state is a
 * fold over these. Arguments of tools are never among them, only their digests (see `detail-store.ts`).
 */
export const AuditData = {
  'containment.requested': z.object({
    containment: Containment,
    /** Live processes at that time that must acknowledge. */
    expected: z.array(z.string()),
    ...Applied,
  }),
  'containment.effective': z.object({
    containment: z.string(),
    effect: ContainmentEffect,
    ...Applied,
  }),
  'containment.unreachable': z.object({
    containment: z.string(),
    instance: z.string(),
    ...Applied,
  }),
  /** The first step of a release: it stops nothing any more, and records what it would have stopped. */
  'containment.staged': z.object({
    containment: z.string(),
    reason: z.string(),
    by: Actor,
    redeployment: RedeploymentRecord.optional(),
    expiresAt: Timestamp.optional(),
  }),
  'containment.released': z.object({
    containment: z.string(),
    reason: z.string(),
    by: Actor,
    redeployment: RedeploymentRecord.optional(),
  }),
  'containment.expired': z.object({ containment: z.string(), expiresAt: Timestamp }),
  'plan.switched_on': z.object({ plan: z.string(), reason: z.string(), by: Actor }),
  'plan.switched_off': z.object({ plan: z.string(), reason: z.string(), by: Actor }),
  'policy.proposed': z.object({
    proposal: z.string(),
    /** As it was written, signatures and all. */
    bundle: WrittenBundle,
    digest: z.string(),
    reason: z.string(),
    rollbackOf: z.int().nonnegative().optional(),
    /** The revision that was in force then; 0 where there was none. */
    base: z.int().nonnegative().optional(),
  }),
  'policy.rejected': z.object({ proposal: z.string(), reason: z.string() }),
  'policy.published': z.object({
    /** As it was written, signatures and all: what agents get. */
    bundle: WrittenBundle,
    digest: z.string(),
    reason: z.string(),
    /** Ids of the pinned keys whose signatures held. Absent: the companion pins none. */
    signedBy: z.array(z.string()).optional(),
    /** The earlier revision whose content it is. */
    rollbackOf: z.int().nonnegative().optional(),
    /** The proposal that was approved with it, and whose it was. */
    proposal: z.string().optional(),
    proposedBy: Actor.optional(),
  }),
  'policy.refused': z.object({
    name: z.string(),
    /** Present: an agent process refused what was published. Absent: the companion refused to publish it. */
    instance: z.string().optional(),
    policyRevision: z.int().nonnegative().optional(),
    problems: z.array(z.string()),
    omitted: z.int().nonnegative(),
  }),
  'policy.effective': z.object({
    instance: z.string(),
    agent: z.string(),
    policyRevision: z.int().nonnegative(),
    inForceSince: Timestamp,
  }),
  'approval.requested': z.object({
    request: ApprovalRequest.omit({ arguments: true }),
    argumentsDigest: z.string(),
    /** `false`: the action digest is not that of the arguments shown; absent: not checkable, the run is unknown. */
    argumentsMatchDigest: z.boolean().optional(),
  }),
  'approval.expired': z.object({ approval: z.string(), expiresAt: Timestamp }),
  /** The same question, asked again by the process that goes on with the run: the earlier one is now this. */
  'approval.resumed': z.object({
    approval: z.string(),
    request: ApprovalRequest.omit({ arguments: true }),
  }),
  /** Written before an answer to a resumable question leaves: from then on it may have been used. */
  'approval.delivered': z.object({ approval: z.string(), instance: z.string() }),
  'quarantine.held': z.object({
    request: QuarantineRequest.omit({ arguments: true }),
    argumentsDigest: z.string(),
  }),
  /** Written before the process hears that its retry may run: the release is then used up. */
  'quarantine.retried': z.object({
    quarantine: z.string(),
    override: z.string(),
    instance: z.string(),
  }),
  effect: z.object({
    effect: Effect,
    /** In the detail store; absent: nothing was handed over. */
    argumentsDigest: z.string().optional(),
    resultDigest: z.string().optional(),
    ...Evidence,
  }),
  'rollback.requested': z.object({
    rollback: z.string(),
    scope: RollbackScope,
    reason: z.string(),
    by: Actor,
    /** Ids of effects, in the order in which they are to be undone. */
    undo: z.array(z.string()),
    left: z.array(z.object({ effect: z.string(), why: LeftReason })),
  }),
  'rollback.finished': z.object({
    rollback: z.string(),
    state: z.enum(['done', 'stopped']),
    /** Ids of effects that were to be undone and were not tried. */
    left: z.array(z.object({ effect: z.string(), why: LeftReason })),
  }),
  override: z.object({
    override: Override,
    /** The approval that it answers. */
    approval: z.string().optional(),
    /** The call in quarantine that it releases or discards. */
    quarantine: z.string().optional(),
    /** The rollback that it is a step of; the process that is told is `performer`. */
    rollback: z.string().optional(),
    performer: z.string().optional(),
    /** Arguments of a `modify`, in the detail store. */
    argumentsDigest: z.string().optional(),
    /** What an agent claimed about the identity; the record itself says what was verified. */
    claimedAssurance: Actor.shape.assurance.optional(),
    ...z.object(Evidence).partial().shape,
  }),
  'override.outcome': z.object({
    override: z.string(),
    status: z.enum(['succeeded', 'failed', 'not_executed', 'expired']),
    at: Timestamp,
    detail: z.string().optional(),
    /** The companion concluded it, because no agent has said what became of it; absent: an agent's evidence. */
    inferred: z.literal(true).optional(),
    ...z.object(Evidence).partial().shape,
  }),
  decision: z.object({ decision: Decision, ...Evidence }),
  'evidence.gap': z.object({
    instance: z.string(),
    agent: z.string(),
    from: z.int().nonnegative(),
    to: z.int().nonnegative(),
    /** `missing`: never arrived, or not yet. `invalid`: arrived and was no evidence record. */
    cause: z.enum(['missing', 'invalid']),
    problems: z.array(z.string()).optional(),
  }),
  // Never a secret, nor its hash.
  'token.created': z.object({
    ...AccessToken.omit({ state: true, olderUntil: true, revokedAt: true, lastUsedAt: true }).shape,
    reason: z.string(),
  }),
  'token.rotated': z.object({
    token: z.string(),
    reason: z.string(),
    /** The secret of before is taken until then; absent: no more. */
    olderUntil: Timestamp.optional(),
    expiresAt: Timestamp.optional(),
  }),
  'token.revoked': z.object({
    token: z.string(),
    reason: z.string(),
    /** `false`: it could not be written to disk, and would be back after a restart. */
    kept: z.boolean(),
  }),
  'access.refused': z.object({
    cause: z.string(),
    method: z.string(),
    path: z.string(),
    remote: z.string(),
    /** Who the request said it was for, where that is what was refused. */
    claimed: z.string().optional(),
    /** The token that the request came with, where it is known. */
    tokenId: z.string().optional(),
    /** Refusals since the entry before that have no entry of their own. */
    suppressed: z.int().nonnegative(),
  }),
} as const;

export type ControlAuditType = keyof typeof AuditData;
export type AuditDataOf<T extends ControlAuditType> = z.infer<(typeof AuditData)[T]>;

/** An entry with the data of its type. */
export type ControlEntry = {
  [T in ControlAuditType]: {
    readonly type: T;
    readonly seq: number;
    readonly at: string;
    readonly actor: Actor;
    readonly data: AuditDataOf<T>;
    /** It is in force and not in the ledger yet; `seq` is what it would be. */
    readonly unsealed?: true;
  };
}[ControlAuditType];

/** The entry typed, or undefined for what is not the control plane's. */
export function readEntry(entry: LedgerEntry): ControlEntry | undefined {
  if (!Object.hasOwn(AuditData, entry.type)) return undefined;
  const parsed = AuditData[entry.type as ControlAuditType].safeParse(entry.data);
  if (!parsed.success) return undefined;
  const { seq, at, actor } = entry;
  return { type: entry.type, seq, at, actor, data: parsed.data } as ControlEntry;
}
