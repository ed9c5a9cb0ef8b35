import { createEvidenceSequence, type EvidenceSequence } from '@aftertrace/ledger';
import { foldContainments, isActive, type ContainmentEvent } from '@aftertrace/policy';
import type {
  Approval,
  ApprovalRequest,
  Containment,
  Decision,
  Override,
  PlanSwitch,
} from '@aftertrace/schema';

import type { AuditDataOf, ControlEntry } from './audit-data.ts';
import type { PolicyProposal } from './client/policy-proposal.ts';
import type { PublishedPolicyRecord } from './client/published-policy-record.ts';
import { QuarantineModel } from './quarantine-model.ts';
import { RollbackModel } from './rollback-model.ts';

export interface ContainmentRecord {
  readonly containment: Containment;
  /** Live processes at the time of the request that must acknowledge. */
  readonly expected: readonly string[];
  /** The ledger says that it expired. */
  readonly expired: boolean;
  /** The order is in the ledger; until then it stands all the same. */
  readonly sealed: boolean;
}

export interface ApprovalRecord {
  readonly request: Omit<ApprovalRequest, 'arguments'>;
  readonly argumentsDigest: string;
  /** Id of the question that they were first asked under: they are that one's (see `detailRefs`). */
  readonly argumentsOf: string;
  /** The token that its process came with. */
  readonly tokenId?: string;
  readonly state: Approval['state'];
  /** The process has proven that the call was refused after it had been asked about. */
  readonly refused?: { readonly decision: string; readonly at: string; readonly reason?: string };
  readonly answer?: {
    readonly override: string;
    readonly revision: number;
    readonly argumentsDigest?: string;
  };
  /** The answer may have left for this process. Known of resumable questions only. */
  readonly deliveredTo?: string;
  /** The question that this one is now: its process was restarted and asked again. */
  readonly resumedAs?: string;
}

/** An override whose outcome is not known yet. */
export interface OpenOverride {
  /** The process that is to say what became of it; undefined while nobody has come for it. */
  readonly instance: string | undefined;
  /** The approval that it answers; absent: the process itself reported it. */
  readonly approval?: string;
}

/** A published bundle, and who published it when and why. */
export type PublishedPolicy = PublishedPolicyRecord;

/** Settled approvals, overrides and ended containments beyond this are in the ledger only. */
const MAX_SETTLED = 10_000;

/** The state of the control plane: a fold over the ledger and nothing else, so that a restart gives the same. */
export class ControlModel {
  /**
   * Grows with every change of what agents must know: one more than the sequence number of the entry that made it, or than
   * it would have, where that is not in the ledger yet.
   */
  revision = 0;
  policy: PublishedPolicy | undefined;
  /** Policies that wait for another person's word. */
  readonly proposals = new Map<string, PolicyProposal>();
  readonly containments = new Map<string, ContainmentRecord>();
  readonly approvals = new Map<string, ApprovalRecord>();
  readonly overrides = new Map<string, Override>();
  /** Overrides without an outcome, by their id. */
  readonly openOverrides = new Map<string, OpenOverride>();
  /** Plans that were switched on or off, as they stand now. */
  readonly plans = new Map<string, PlanSwitch>();
  readonly evidence = new Map<string, EvidenceSequence>();
  readonly quarantine = new QuarantineModel();
  readonly rollback = new RollbackModel();
  /** Policy revision that each instance last proved. */
  readonly policyInForce = new Map<string, number>();
  /** Policy revision that each instance last refused. */
  readonly policyRefused = new Map<string, number>();

  /** @param entry Of the ledger, in its order, each once. */
  apply(entry: ControlEntry): void {
    if (isAboutContainment(entry)) return this.#applyContainment(entry);
    switch (entry.type) {
      case 'plan.switched_on':
      case 'plan.switched_off':
        return this.#switchPlan(entry);
      case 'approval.requested':
      case 'approval.expired':
      case 'approval.resumed':
      case 'approval.delivered':
        return this.#applyApproval(entry);
      case 'quarantine.held':
        return this.quarantine.held(entry.data, entry.actor);
      case 'quarantine.retried':
        this.quarantine.retried(entry.data);
        return this.#waitFor(entry.data.override, entry.data.instance);
      case 'effect':
        this.rollback.effect(entry.data);
        return this.#received(entry.data);
      case 'rollback.requested':
        return this.rollback.requested(entry);
      case 'rollback.finished':
        return this.rollback.finished(entry.data);
      case 'policy.proposed':
      case 'policy.rejected':
      case 'policy.published':
        return this.#applyPolicy(entry);
      case 'policy.effective':
        this.policyInForce.set(entry.data.instance, entry.data.policyRevision);
        return;
      case 'override':
        return this.#override(entry.data, entry.seq);
      case 'override.outcome':
        this.#outcome(entry.data);
        return this.#received(entry.data);
      case 'decision':
        this.#refuseWaiting(entry.data, entry.at);
        return this.#received(entry.data);
      case 'evidence.gap':
        if (entry.data.cause === 'missing') return;
        return this.#received({ instance: entry.data.instance, evidenceSeq: entry.data.to });
      case 'policy.refused': {
        const { instance, policyRevision } = entry.data;
        if (instance !== undefined && policyRevision !== undefined) {
          this.policyRefused.set(instance, policyRevision);
        }
        return;
      }
      // Tokens have a file of their own: they must outlive what the ledger lets go of.
      case 'token.created':
      case 'token.rotated':
      case 'token.revoked':
      case 'access.refused':
        return;
    }
  }

  /** An entry that was applied before it was in the ledger is there now. */
  sealed(entry: ControlEntry): void {
    if (entry.type !== 'containment.requested') return;
    this.revision = Math.max(this.revision, entry.seq + 1);
    const { id } = entry.data.containment;
    const record = this.containments.get(id);
    if (record !== undefined) this.containments.set(id, { ...record, sealed: true });
  }

  /** Containments that stand now: neither released nor expired by the clock, whatever the ledger says yet. */
  active(nowMillis: number): readonly ContainmentRecord[] {
    return [...this.containments.values()].filter(
      ({ containment, expired }) => !expired && isActive(containment, nowMillis),
    );
  }

  /** Answers that an instance still has to act on, oldest first. */
  openAnswers(instance: string, nowMillis: number): readonly ApprovalRecord[] {
    return [...this.approvals.values()].filter((record) => {
      if (record.request.instance !== instance || record.answer === undefined) return false;
      if (record.resumedAs !== undefined) return false;
      const override = this.overrides.get(record.answer.override);
      return (
        override?.outcome.status === 'pending' && nowMillis < Date.parse(record.request.expiresAt)
      );
    });
  }

  #applyContainment(entry: Extract<ControlEntry, { type: `containment.${string}` }>): void {
    switch (entry.type) {
      case 'containment.requested':
        this.#request(entry);
        return;
      case 'containment.effective': {
        const { containment: id, effect } = entry.data;
        return this.#contain(id, { type: entry.type, id, effect });
      }
      case 'containment.unreachable': {
        const { containment: id, instance } = entry.data;
        return this.#contain(id, { type: entry.type, id, instance });
      }
      case 'containment.staged': {
        const { containment: id, expiresAt } = entry.data;
        const end = expiresAt === undefined ? {} : { expiresAt };
        this.#contain(id, { type: entry.type, id, staged: liftedBy(entry), ...end });
        this.#changed(entry.seq);
        return;
      }
      case 'containment.released': {
        const { containment: id } = entry.data;
        this.#contain(id, { type: entry.type, id, released: liftedBy(entry) });
        this.#changed(entry.seq);
        return;
      }
      case 'containment.expired': {
        const record = this.containments.get(entry.data.containment);
        if (record !== undefined) {
          this.containments.set(record.containment.id, { ...record, expired: true });
        }
        this.#changed(entry.seq);
        return;
      }
    }
  }

  #request({
    data,
    seq,
    unsealed,
  }: Extract<ControlEntry, { type: 'containment.requested' }>): void {
    const { containment, expected } = data;
    const record = { containment, expected, expired: false, sealed: unsealed !== true };
    this.containments.set(containment.id, record);
    prune(
      this.containments,
      ({ containment: { released }, expired }) => expired || released !== undefined,
    );
    this.#changed(seq);
  }

  #applyPolicy(
    entry: Extract<
      ControlEntry,
      { type: 'policy.proposed' | 'policy.rejected' | 'policy.published' }
    >,
  ): void {
    switch (entry.type) {
      case 'policy.proposed': {
        const { proposal: id, ...about } = entry.data;
        this.proposals.set(id, { id, ...about, at: entry.at, actor: entry.actor });
        return;
      }
      case 'policy.rejected':
        this.proposals.delete(entry.data.proposal);
        return;
      case 'policy.published': {
        this.policy = publishedPolicy(entry);
        if (entry.data.proposal !== undefined) this.proposals.delete(entry.data.proposal);
        this.#changed(entry.seq);
        return;
      }
    }
  }

  #switchPlan({ type, data, at }: Extract<ControlEntry, { type: `plan.${string}` }>): void {
    const { plan: id, by: actor, reason } = data;
    this.plans.set(id, { id, on: type === 'plan.switched_on', actor, reason, at });
  }

  /** Always on, never back: an entry that was applied before it was sealed may have had this number. */
  #changed(seq: number): void {
    this.revision = Math.max(this.revision, seq) + 1;
  }

  #applyApproval(entry: Extract<ControlEntry, { type: `approval.${string}` }>): void {
    if (entry.type === 'approval.requested') {
      const { request, argumentsDigest } = entry.data;
      const { tokenId } = entry.actor;
      const whose = tokenId === undefined ? {} : { tokenId };
      const asked = { request, argumentsDigest, argumentsOf: request.id };
      this.approvals.set(request.id, { ...asked, state: 'pending', ...whose });
      prune(this.approvals, (record) => record.state !== 'pending');
      return;
    }
    if (entry.type === 'approval.resumed') return this.#resume(entry.data);
    if (entry.type === 'approval.delivered') {
      const { approval, instance: deliveredTo } = entry.data;
      const answered = this.approvals.get(approval);
      if (answered === undefined) return;
      this.approvals.set(approval, { ...answered, deliveredTo });
      if (answered.answer !== undefined) this.#waitFor(answered.answer.override, deliveredTo);
      return;
    }
    const record = this.approvals.get(entry.data.approval);
    if (record !== undefined) {
      this.approvals.set(record.request.id, { ...record, state: 'expired' });
    }
  }

  /** The same question under a new id: what was answered stays answered, what was not waits anew. */
  #resume({ approval, request }: AuditDataOf<'approval.resumed'>): void {
    const earlier = this.approvals.get(approval);
    if (earlier === undefined) return;
    const { state, argumentsDigest, argumentsOf, answer, tokenId } = earlier;
    const carried = {
      ...(answer === undefined ? {} : { answer }),
      ...(tokenId === undefined ? {} : { tokenId }),
    };
    this.approvals.set(request.id, { request, argumentsDigest, argumentsOf, state, ...carried });
    this.approvals.set(approval, { ...earlier, state: 'abandoned', resumedAs: request.id });
    const open = answer === undefined ? undefined : this.openOverrides.get(answer.override);
    if (answer !== undefined && open !== undefined) {
      this.openOverrides.set(answer.override, { ...open, approval: request.id });
    }
  }

  /** The process that will say what became of an override is known now. */
  #waitFor(override: string, instance: string): void {
    const open = this.openOverrides.get(override);
    if (open !== undefined) this.openOverrides.set(override, { ...open, instance });
  }

  #contain(id: string, event: ContainmentEvent): void {
    const record = this.containments.get(id);
    if (record === undefined) return;
    const before: ContainmentEvent = {
      type: 'containment.requested',
      containment: record.containment,
    };
    const [containment] = foldContainments([before, event]);
    if (containment !== undefined) this.containments.set(id, { ...record, containment });
  }

  #override(data: AuditDataOf<'override'>, seq: number): void {
    const { override, approval, argumentsDigest, instance, quarantine, rollback, performer } = data;
    // The first record of an id stands: what an agent reports of an answer that it was given changes nothing.
    if (!this.overrides.has(override.id)) this.overrides.set(override.id, override);
    prune(this.overrides, ({ outcome }) => outcome.status !== 'pending');
    const record = approval === undefined ? undefined : this.approvals.get(approval);
    if (record !== undefined && record.answer === undefined) {
      const answer = {
        override: override.id,
        revision: seq + 1,
        ...(argumentsDigest === undefined ? {} : { argumentsDigest }),
      };
      this.approvals.set(record.request.id, { ...record, state: 'answered', answer });
    }
    if (quarantine !== undefined) this.quarantine.decided(quarantine, override);
    if (rollback !== undefined) this.rollback.attempted(rollback, override);
    // An answer to a question that may be asked again belongs to whoever comes for it.
    const asker = record?.request.resumable === true ? undefined : record?.request.instance;
    const waitsFor = asker ?? performer ?? instance;
    if (this.overrides.get(override.id)?.outcome.status === 'pending') {
      const open = { instance: waitsFor, ...(approval === undefined ? {} : { approval }) };
      this.openOverrides.set(override.id, this.openOverrides.get(override.id) ?? open);
    }
    this.#received(data);
  }

  /** A call that waited for a person and was refused by something else waits no more. */
  #refuseWaiting({ decision, instance }: AuditDataOf<'decision'>, at: string): void {
    if (decision.executed !== false || decision.actionDigest === undefined) return;
    for (const record of this.approvals.values()) {
      if (!isOf(decision, record.request) || record.request.instance !== instance) continue;
      if (record.refused !== undefined || record.state === 'expired') continue;
      const { id, reason } = decision;
      const refused = { decision: id, at, ...(reason === undefined ? {} : { reason }) };
      const state = record.state === 'pending' ? 'abandoned' : record.state;
      this.approvals.set(record.request.id, { ...record, refused, state });
    }
  }

  #outcome(data: AuditDataOf<'override.outcome'>): void {
    const override = this.overrides.get(data.override);
    if (override === undefined) return;
    const { status, at, detail } = data;
    const outcome = { status, at, ...(detail === undefined ? {} : { detail }) };
    this.overrides.set(override.id, { ...override, outcome });
    this.openOverrides.delete(override.id);
  }

  /** Nothing to count where the companion itself wrote the entry. */
  #received({ instance, evidenceSeq }: Partial<EvidencePlace>): void {
    if (instance === undefined || evidenceSeq === undefined) return;
    const sequence = this.evidence.get(instance) ?? createEvidenceSequence();
    sequence.take(evidenceSeq);
    this.evidence.set(instance, sequence);
  }
}

interface EvidencePlace {
  readonly instance: string | undefined;
  readonly evidenceSeq: number | undefined;
}

function isAboutContainment(
  entry: ControlEntry,
): entry is Extract<ControlEntry, { type: `containment.${string}` }> {
  return entry.type.startsWith('containment.');
}

/** Who lifted a containment, and why. */
function liftedBy({
  data: { by: actor, reason, redeployment },
  at,
}: Extract<ControlEntry, { type: 'containment.staged' | 'containment.released' }>): NonNullable<
  Containment['released']
> {
  return { actor, reason, at, ...(redeployment === undefined ? {} : { redeployment }) };
}

/** The decision is about the very call that was asked about. Both times are of the clock of their process. */
function isOf(decision: Decision, request: ApprovalRecord['request']): boolean {
  const ids = [decision.toolCallId, request.toolCallId];
  return (
    decision.actionDigest === request.actionDigest &&
    decision.agent === request.agent &&
    decision.run === request.run &&
    (ids.includes(undefined) || ids[0] === ids[1]) &&
    Date.parse(decision.at) >= Date.parse(request.requestedAt)
  );
}

/** Forgets the oldest that are settled once there are too many. */
function prune<T>(records: Map<string, T>, isSettled: (record: T) => boolean): void {
  if (records.size <= MAX_SETTLED) return;
  for (const [id, record] of records) {
    if (!isSettled(record)) continue;
    records.delete(id);
    if (records.size <= MAX_SETTLED * 0.9) return;
  }
}

/** What an entry of the ledger says about a publication. */
export function publishedPolicy(
  entry: Extract<ControlEntry, { readonly type: 'policy.published' }>,
): PublishedPolicy {
  return { ...entry.data, publishedAt: entry.at, actor: entry.actor };
}
