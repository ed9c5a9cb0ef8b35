import { z } from 'zod';

import { Actor } from './actor.ts';
import { Effect } from './effect.ts';
import { Override } from './override.ts';
import { Timestamp } from './time.ts';

/** Which effects are to be undone. */
export const RollbackScope = z.union([
  z.strictObject({ run: z.string().min(1) }),
  z.strictObject({ conversation: z.string().min(1) }),
]);
export type RollbackScope = z.infer<typeof RollbackScope>;

/** What is sent to `POST /control/v1/rollbacks`. */
export const RollbackInput = z.strictObject({
  scope: RollbackScope,
  reason: z.string().trim().min(1, 'a reason is required'),
  actor: z.strictObject({
    id: z.string().min(1),
    name: z.string().optional(),
    role: z.string().optional(),
  }),
  /** Say what would be done, and do nothing. */
  dryRun: z.boolean().default(false),
  /** Effects that are externally reversible and may be undone: their ids. Others of that class are left. */
  confirmed: z.array(z.string()).max(10_000).default([]),
});
export type RollbackInput = z.input<typeof RollbackInput>;

/** Why an effect is left as it is. */
export const LeftReason = z.enum([
  /** It is undone already. */
  'undone_before',
  /** Undoing it is seen outside, and nobody has confirmed that it may be. */
  'not_confirmed',
  /** Its tool says that it cannot be undone. */
  'irreversible',
  /** Its tool registered nothing that undoes it, or what that takes was not kept. */
  'no_compensation',
  /** No process that knows how is connected. */
  'no_process',
  /** An earlier attempt may have undone it: nobody knows. */
  'unknown_before',
  /** The step before it did not succeed. */
  'stopped',
]);
export type LeftReason = z.infer<typeof LeftReason>;

/** One effect in a rollback, in the order in which they are undone: the last first. */
export const RollbackStep = z.strictObject({
  effect: Effect,
  /** Why it is left; absent: it is, or is to be, undone. */
  left: LeftReason.optional(),
  /** The record of undoing it. */
  override: Override.optional(),
});
export type RollbackStep = z.infer<typeof RollbackStep>;

/** A rollback as people read it. */
export const Rollback = z.strictObject({
  /** Absent: it was only asked what would be done. */
  id: z.string().optional(),
  scope: RollbackScope,
  reason: z.string(),
  actor: Actor,
  at: Timestamp,
  /** `stopped`: a step did not succeed, and those after it were left. */
  state: z.enum(['planned', 'running', 'done', 'stopped']),
  steps: z.array(RollbackStep),
  /**
   * When retention last removed entries from the audit log; absent: never. Effects of this run or conversation that were among
   * them are not known any more, and cannot be undone from here.
   */
  removedAt: Timestamp.optional(),
});
export type Rollback = z.infer<typeof Rollback>;

/** Companion to agent: undo this call. Once for each `override`, whose outcome the process then proves. */
export const CompensationOrder = z.strictObject({
  override: Override,
  instance: z.string(),
  effect: Effect,
  arguments: z.unknown().optional(),
  result: z.unknown().optional(),
});
export type CompensationOrder = z.infer<typeof CompensationOrder>;
