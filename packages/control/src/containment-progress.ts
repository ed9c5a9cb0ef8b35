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
 * - `unenforceable`: an agent that it covers works without a guard, as its telemetry says, or a process that may hold one has
 *   loaded a framework whose calls its guard does not see: nothing here can stop those.
 * - `no_live_instance`: no process with a guard is there that could prove anything, or those that did have left. Never
 *   success, and never `waiting`: there is nobody to wait for.
 * - `staged`: the first step of its release; it stops nothing any more and records what it would have stopped.
 * - `released`, `expired`: it stands no more.
 */
export const ContainmentState = z.enum([
  'waiting',
  'effective',
  'unreachable',
  'unenforceable',
  'no_live_instance',
  'staged',
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
  /** Agents that it covers and that have been seen in telemetry, lately, without a guard that is connected. */
  unenforceable: z.array(z.string()).default([]),
  /** Live processes that it concerns and in which a known framework is not attached to, with its version. */
  unattached: z
    .array(z.object({ instance: z.string(), frameworks: z.array(z.string()) }))
    .default([]),
  /** `false`: it is in force, and the audit ledger could not be written yet. */
  sealed: z.boolean().default(true),
});
export type ContainmentProgress = z.infer<typeof ContainmentProgress>;

export interface ProgressInput {
  readonly record: ContainmentRecord;
  readonly live: readonly KnownInstance[];
  /** Agents whose telemetry comes from processes without a guard. */
  readonly unguarded: () => readonly string[];
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
  const waiting = new Set(pending);
  const unreachable = [...deadlines.keys()].filter((instance) => !waiting.has(instance));
  const unenforceable = input.unguarded().filter((agent) => mayCover(agent, containment.scope));
  const unattached = input.live.flatMap((live) => {
    const frameworks = live.lastAck?.unattached ?? [];
    if (frameworks.length === 0 || !mayHold(live, containment.scope)) return [];
    return [{ instance: live.instance, frameworks: [...frameworks] }];
  });
  const missing = {
    waiting: pending.length,
    unreachable: unreachable.length,
    unenforceable: unenforceable.length + unattached.length,
  };
  return {
    containment: { ...containment, unreachable },
    state: stateOf(input, missing),
    pending,
    unenforceable,
    unattached,
    sealed: record.sealed,
  };
}

/** How many there are of each that keeps a containment from being effective; the first that is not 0 is its state. */
type Missing = Readonly<Record<'waiting' | 'unreachable' | 'unenforceable', number>>;

function stateOf(input: ProgressInput, missing: Missing): ContainmentState {
  const { record, live, nowMillis } = input;
  const { containment } = record;
  if (containment.released !== undefined) return 'released';
  if (record.expired || isOver(containment, nowMillis)) return 'expired';
  if (containment.staged !== undefined) return 'staged';
  for (const state of ['waiting', 'unreachable', 'unenforceable'] as const) {
    if (missing[state] > 0) return state;
  }
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

function mayCover(agent: string, scope: Containment['scope']): boolean {
  return scope === 'global' || scope.agent === undefined || scope.agent === agent;
}

function isOver(containment: Containment, nowMillis: number): boolean {
  return containment.expiresAt !== undefined && nowMillis >= Date.parse(containment.expiresAt);
}
