import type { Actor, Override, QuarantineRequest } from '@aftertrace/schema';

import type { AuditDataOf } from './audit-data.ts';

/** A call that a quarantine has refused. */
export interface HeldCall {
  readonly request: Omit<QuarantineRequest, 'arguments'>;
  readonly argumentsDigest: string;
  /** Who proposed it. */
  readonly by: Actor;
  /** A reviewer's word: the latest. */
  readonly word?: {
    readonly override: string;
    readonly decision: 'release' | 'discard';
    readonly expiresAt: string | undefined;
    /** The process that has used the release up. */
    readonly usedBy?: string;
  };
}

/** Calls beyond this that a reviewer has spoken about, or else the oldest, are in the ledger only. */
const MAX_HELD = 10_000;

/** The calls in quarantine: a fold over the ledger. */
export class QuarantineModel {
  readonly #calls = new Map<string, HeldCall>();
  /**
   * By who acts and what identifies the action: the same call proposed again is the same entry. Whose a digest is cannot be
   * seen from it; under another agent's name it is another entry, which changes nothing about this one.
   */
  readonly #byAction = new Map<string, string>();

  get(id: string): HeldCall | undefined {
    return this.#calls.get(id);
  }

  ofAction(action: HeldAction): HeldCall | undefined {
    const id = this.#byAction.get(actionKey(action));
    return id === undefined ? undefined : this.#calls.get(id);
  }

  list(): readonly HeldCall[] {
    return [...this.#calls.values()];
  }

  held({ request, argumentsDigest }: AuditDataOf<'quarantine.held'>, by: Actor): void {
    // What a reviewer has seen under an id is what a word about that id is about.
    const known = this.#calls.get(request.id)?.request ?? request;
    if (actionKey(known) !== actionKey(request)) return;
    this.#calls.set(request.id, { request, argumentsDigest, by });
    this.#byAction.set(actionKey(request), request.id);
    this.#prune();
  }

  decided(id: string, { id: override, decision, expiresAt }: Override): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    const what = decision === 'approve' ? 'release' : 'discard';
    this.#calls.set(id, { ...call, word: { override, decision: what, expiresAt } });
  }

  retried({ quarantine, instance }: AuditDataOf<'quarantine.retried'>): void {
    const call = this.#calls.get(quarantine);
    if (call?.word === undefined) return;
    this.#calls.set(quarantine, { ...call, word: { ...call.word, usedBy: instance } });
  }

  #prune(): void {
    if (this.#calls.size <= MAX_HELD) return;
    const settled = this.list().find(({ word }) => word !== undefined) ?? this.list()[0];
    if (settled === undefined) return;
    const { id } = settled.request;
    const key = actionKey(settled.request);
    this.#calls.delete(id);
    if (this.#byAction.get(key) === id) this.#byAction.delete(key);
  }
}

/** Who acts, and what. */
export type HeldAction = Pick<QuarantineRequest, 'agent' | 'actionDigest'>;

/** One text for each agent and action: no agent's name makes it another's. */
export function actionKey({ agent, actionDigest }: HeldAction): string {
  return JSON.stringify([agent, actionDigest]);
}
