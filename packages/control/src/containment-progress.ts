import { Containment } from '@aftertrace/schema';
import { z } from 'zod';

import type { ContainmentRecord } from './control-model.ts';
import { mayHold, type KnownInstance } from './instance-registry.ts';

/**
 * How far a containment has come.
 *
 * - `waiting`: processes have been told and have time left to acknowledge.
 * - `effective`: at least one live process, and every process that had to, has proven it.
 * - `unreachable`: at least one process has not answered in time.
 * - `no_live_instance`: no process with a guard is there that could prove anything, or those that did have left. Never
 *   success, and never `waiting`: there is nobody to wait for.
 * - `released`, `expired`: it stands no more.
 */
export const ContainmentState = z.enum([
  'waiting',
  'effective',
  'unreachable',
  'no_live_instance',
  'released',
  'expired',
]);
export type ContainmentState = z.infer<typeof ContainmentState>;

/** A containment, and what is known of its effect at the time of asking. */
export const ContainmentProgress = z.object({
  containment: Containment,
  state: ContainmentState,
  /** Instances that have been told and have not acknowledged yet. */
  pending: z.array(z.string()),
});
export type ContainmentProgress = z.infer<typeof ContainmentProgress>;

export interface ProgressInput {
  readonly record: ContainmentRecord;
  readonly live: readonly KnownInstance[];
  readonly nowMillis: number;
  /** When the companion started: nobody can be late before. */
  readonly startedAtMillis: number;
  readonly ackTimeoutMillis: number;
}

/** Instances that have not acknowledged, with the time at which they count as unreachable. */
export function outstanding(input: ProgressInput): ReadonlyMap<string, number> {
  const { containment, expected } = input.record;
  const proven = new Set(containment.effective.map(({ instance }) => instance));
  const asked = Math.max(Date.parse(containment.requestedAt), input.startedAtMillis);
  const deadlines = new Map<string, number>();
  for (const instance of expected) {
    if (!proven.has(instance)) deadlines.set(instance, asked + input.ackTimeoutMillis);
  }
  for (const instance of input.live) {
    if (proven.has(instance.instance) || !mayHold(instance, containment.scope)) continue;
    const told = Math.max(asked, instance.connectedAtMillis);
    deadlines.set(instance.instance, told + input.ackTimeoutMillis);
  }
  return deadlines;
}

/** Where a containment stands, by what is known now. */
export function containmentProgress(input: ProgressInput): ContainmentProgress {
  const { record, nowMillis } = input;
  const { containment } = record;
  const deadlines = outstanding(input);
  const gaveUp = new Set(containment.unreachable);
  const pending = [...deadlines]
    .filter(([instance, deadline]) => nowMillis < deadline && !gaveUp.has(instance))
    .map(([instance]) => instance);
  const unreachable = [...deadlines.keys()].filter((instance) => !pending.includes(instance));
  return {
    containment: { ...containment, unreachable },
    state: stateOf(input, pending.length, unreachable.length),
    pending,
  };
}

function stateOf(input: ProgressInput, pending: number, unreachable: number): ContainmentState {
  const { record, live, nowMillis } = input;
  const { containment } = record;
  if (containment.released !== undefined) return 'released';
  if (record.expired || isOver(containment, nowMillis)) return 'expired';
  if (pending > 0) return 'waiting';
  if (unreachable > 0) return 'unreachable';
  const proven = new Set(containment.effective.map(({ instance }) => instance));
  return live.some(({ instance }) => proven.has(instance)) ? 'effective' : 'no_live_instance';
}

/** Nobody is there, but a process that was on its way when it was ordered has had no time yet to connect. */
export function mayStillCome(
  { state, containment }: ContainmentProgress,
  given: Pick<ProgressInput, 'startedAtMillis' | 'ackTimeoutMillis'> & {
    readonly now: () => number;
  },
): boolean {
  const asked = Math.max(Date.parse(containment.requestedAt), given.startedAtMillis);
  return state === 'no_live_instance' && given.now() < asked + given.ackTimeoutMillis;
}

function isOver(containment: Containment, nowMillis: number): boolean {
  return containment.expiresAt !== undefined && nowMillis >= Date.parse(containment.expiresAt);
}
