import type { LedgerEntry } from '@aftertrace/schema';

import { readEntry, type ControlEntry } from './audit-data.ts';
import { ControlModel, type ApprovalRecord } from './control-model.ts';

/** Publications that stay whatever their age, so that a policy can be rolled back to them. */
const KEPT_PUBLICATIONS = 20;

/**
 * Of entries that are removed from the audit log by their age, those that the control plane still needs: what stands, waits
 * or is under way at their end. What is settled by then goes with the log. The fold over them, and then over the entries
 * after them, has everything in it that the fold over all has and that is not settled.
 *
 * @param going From the oldest to the last one that is removed; read twice.
 * @param staying Those after them.
 */
export async function carriedEntries(
  going: () => AsyncIterable<LedgerEntry>,
  staying: () => AsyncIterable<LedgerEntry>,
): Promise<readonly LedgerEntry[]> {
  const needs = new Needs();
  for await (const entry of going()) {
    const read = readEntry(entry);
    if (read !== undefined) needs.note(read);
  }
  for await (const entry of staying()) {
    const read = readEntry(entry);
    if (read?.type === 'rollback.requested') needs.noteRollback(read.data.undo);
  }
  needs.settle();
  const needed: LedgerEntry[] = [];
  for await (const entry of going()) {
    const read = readEntry(entry);
    if (read !== undefined && needs.has(read)) needed.push(entry);
  }
  return needed;
}

class Needs {
  readonly #model = new ControlModel();
  /** Questions by the one that they are now. */
  readonly #earlier = new Map<string, string>();
  /** The rollback of the latest attempt to undo an effect: who knows of the attempt knows of the rollback. */
  readonly #attempts = new Map<string, string>();
  /** To be undone by rollbacks that come later. */
  readonly #later = new Set<string>();
  readonly #publications: number[] = [];
  readonly #plans = new Map<string, number>();
  /** Agents count on it that revisions only grow. */
  #lastChange: number | undefined;
  readonly #seqs = new Set<number>();
  /** Ids of containments, proposals, questions, calls in quarantine, rollbacks, effects, overrides and decisions. */
  readonly #ids = new Set<string>();

  note(entry: ControlEntry): void {
    const { revision } = this.#model;
    this.#model.apply(entry);
    if (this.#model.revision !== revision) this.#lastChange = entry.seq;
    if (entry.type === 'policy.published') this.#publications.push(entry.seq);
    if (entry.type === 'plan.switched_on' || entry.type === 'plan.switched_off')
      this.#plans.set(entry.data.plan, entry.seq);
    if (entry.type === 'override') {
      const { rollback, override } = entry.data;
      if (rollback !== undefined && override.effect !== undefined)
        this.#attempts.set(override.effect, rollback);
    }
    if (entry.type === 'approval.resumed')
      this.#earlier.set(entry.data.request.id, entry.data.approval);
  }

  /** What a later rollback is to undo. */
  noteRollback(undo: readonly string[]): void {
    for (const effect of undo) this.#later.add(effect);
  }

  /** All are noted: what is needed is known now. */
  settle(): void {
    const { containments, approvals, openOverrides, proposals, quarantine, rollback } = this.#model;
    for (const seq of this.#publications.slice(-KEPT_PUBLICATIONS)) this.#seqs.add(seq);
    for (const seq of this.#plans.values()) this.#seqs.add(seq);
    if (this.#lastChange !== undefined) this.#seqs.add(this.#lastChange);
    for (const { containment, expired } of containments.values())
      if (!expired && containment.released === undefined) this.#ids.add(containment.id);
    for (const id of openOverrides.keys()) this.#ids.add(id);
    for (const id of proposals.keys()) this.#ids.add(id);
    for (const record of approvals.values()) if (this.#isOpen(record)) this.#addApproval(record);
    for (const { request, word } of quarantine.list()) {
      if (word !== undefined && (word.decision === 'discard' || word.usedBy !== undefined))
        continue;
      this.#ids.add(request.id);
      // Who ordered the quarantine does not release the call, also after the quarantine itself.
      if (request.containment !== undefined) this.#ids.add(request.containment);
    }
    for (const { id, state, undo } of rollback.rollbacks.values()) {
      if (state !== 'running') continue;
      this.#ids.add(id);
      for (const effect of undo) this.#addEffect(effect);
    }
    for (const effect of this.#later) this.#addEffect(effect);
  }

  has(entry: ControlEntry): boolean {
    if (this.#seqs.has(entry.seq)) return true;
    const about = idsOf(entry);
    if (!about.some((id) => this.#ids.has(id))) return false;
    // What became of an override goes with it.
    if (entry.type === 'override') this.#ids.add(entry.data.override.id);
    return true;
  }

  #addEffect(effect: string): void {
    this.#ids.add(effect);
    const rollback = this.#attempts.get(effect);
    if (rollback !== undefined) this.#ids.add(rollback);
  }

  #isOpen({ state, answer, resumedAs }: ApprovalRecord): boolean {
    if (resumedAs !== undefined) return false;
    if (state === 'pending') return true;
    return answer !== undefined && this.#model.openOverrides.has(answer.override);
  }

  #addApproval({ request, refused }: ApprovalRecord): void {
    for (let id: string | undefined = request.id; id !== undefined; id = this.#earlier.get(id))
      this.#ids.add(id);
    if (refused !== undefined) this.#ids.add(refused.decision);
  }
}

/** What an entry is about: it is needed where any of these is. */
function idsOf(entry: ControlEntry): readonly string[] {
  switch (entry.type) {
    case 'containment.requested':
      return [entry.data.containment.id];
    case 'containment.effective':
    case 'containment.unreachable':
    case 'containment.staged':
    case 'containment.released':
    case 'containment.expired':
      return [entry.data.containment];
    case 'approval.requested':
    case 'approval.resumed':
    case 'quarantine.held':
      return [entry.data.request.id];
    case 'approval.expired':
    case 'approval.delivered':
      return [entry.data.approval];
    case 'quarantine.retried':
      return [entry.data.quarantine, entry.data.override];
    case 'effect':
      return [entry.data.effect.id];
    case 'rollback.requested':
    case 'rollback.finished':
      return [entry.data.rollback];
    case 'override': {
      const { override, approval, quarantine, rollback } = entry.data;
      const about = [override.id, override.effect, approval, quarantine, rollback];
      return about.filter((id) => id !== undefined);
    }
    case 'override.outcome':
      return [entry.data.override];
    case 'decision':
      return [entry.data.decision.id];
    case 'policy.proposed':
    case 'policy.rejected':
      return [entry.data.proposal];
    case 'plan.switched_on':
    case 'plan.switched_off':
    case 'policy.published':
    case 'policy.refused':
    case 'policy.effective':
    case 'evidence.gap':
    case 'token.created':
    case 'token.rotated':
    case 'token.revoked':
    case 'access.refused':
      return [];
  }
}
