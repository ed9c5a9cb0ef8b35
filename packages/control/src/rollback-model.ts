import type { Actor, Effect, LeftReason, Override, RollbackScope } from '@aftertrace/schema';

import type { AuditDataOf, ControlEntry } from './audit-data.ts';

/** An effect that a process has reported. */
export interface EffectRecord {
  readonly effect: Effect;
  readonly instance: string;
  readonly argumentsDigest: string | undefined;
  readonly resultDigest: string | undefined;
  /** Of the record of the last attempt to undo it. */
  readonly override?: string;
}

export interface RollbackRecord {
  readonly id: string;
  readonly scope: RollbackScope;
  readonly reason: string;
  readonly actor: Actor;
  readonly at: string;
  readonly state: 'running' | 'done' | 'stopped';
  /** Effects to undo, in this order. */
  readonly undo: readonly string[];
  readonly left: readonly { readonly effect: string; readonly why: LeftReason }[];
  /** The record of each attempt, by its effect. */
  readonly overrides: ReadonlyMap<string, string>;
}

/** Effects beyond this are in the ledger only, the oldest first. */
const MAX_EFFECTS = 50_000;
const MAX_ROLLBACKS = 1_000;

/** What agents did outside, and what was undone of it: a fold over the ledger. */
export class RollbackModel {
  readonly effects = new Map<string, EffectRecord>();
  readonly rollbacks = new Map<string, RollbackRecord>();

  effect(data: AuditDataOf<'effect'>): void {
    const { effect, instance, argumentsDigest, resultDigest } = data;
    if (this.effects.has(effect.id)) return;
    this.effects.set(effect.id, { effect, instance, argumentsDigest, resultDigest });
    dropOldest(this.effects, MAX_EFFECTS);
  }

  requested(entry: Extract<ControlEntry, { type: 'rollback.requested' }>): void {
    const { rollback: id, scope, reason, by: actor, undo, left } = entry.data;
    const overrides = new Map<string, string>();
    const state = 'running';
    this.rollbacks.set(id, {
      id,
      scope,
      reason,
      actor,
      at: entry.at,
      state,
      undo,
      left,
      overrides,
    });
    dropOldest(this.rollbacks, MAX_ROLLBACKS);
  }

  /** An attempt to undo one effect has been ordered. */
  attempted(id: string, { id: override, effect }: Override): void {
    const rollback = this.rollbacks.get(id);
    if (rollback === undefined || effect === undefined) return;
    const overrides = new Map(rollback.overrides).set(effect, override);
    this.rollbacks.set(id, { ...rollback, overrides });
    const record = this.effects.get(effect);
    if (record !== undefined) this.effects.set(effect, { ...record, override });
  }

  finished({ rollback: id, state, left }: AuditDataOf<'rollback.finished'>): void {
    const rollback = this.rollbacks.get(id);
    if (rollback === undefined) return;
    this.rollbacks.set(id, { ...rollback, state, left: [...rollback.left, ...left] });
  }

  /** The effects in a scope, the last first: by the clocks of their processes, then by the order of their reports. */
  within(scope: RollbackScope): readonly EffectRecord[] {
    const isIn = ({ effect }: EffectRecord): boolean =>
      'run' in scope ? effect.run === scope.run : effect.conversation === scope.conversation;
    return [...this.effects.values()]
      .filter(isIn)
      .map((record, order) => ({ record, order, at: Date.parse(record.effect.at) }))
      .toSorted((a, b) => b.at - a.at || b.order - a.order)
      .map(({ record }) => record);
  }
}

function dropOldest(records: Map<string, unknown>, max: number): void {
  if (records.size <= max) return;
  const [oldest] = records.keys();
  if (oldest !== undefined) records.delete(oldest);
}
