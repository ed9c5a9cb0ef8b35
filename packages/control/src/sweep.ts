import { outstanding, type ProgressInput } from './containment-progress.ts';
import type { ControlCore } from './control-core.ts';
import type { ContainmentRecord } from './control-model.ts';
import { inferenceTimes, inferOutcomes } from './infer-outcomes.ts';

/** What `outstanding` and `containmentProgress` need, from what is known now. */
export function progressInput(core: ControlCore, record: ContainmentRecord): ProgressInput {
  return {
    record,
    live: core.registry.live(),
    unguarded: core.unguardedAgents,
    nowMillis: core.now(),
    startedAtMillis: core.startedAtMillis,
    ackTimeoutMillis: core.ackTimeoutMillis,
  };
}

/** The next time at which something expires, or answers are overdue; undefined where nothing will. */
export function nextDeadline(core: ControlCore): number | undefined {
  const deadlines: number[] = [];
  for (const record of standing(core)) {
    const { expiresAt, requestedAt, unreachable } = record.containment;
    if (expiresAt !== undefined) deadlines.push(Date.parse(expiresAt));
    const firstAnswers =
      Math.max(Date.parse(requestedAt), core.startedAtMillis) + core.ackTimeoutMillis;
    if (firstAnswers > core.now()) deadlines.push(firstAnswers);
    for (const [instance, deadline] of outstanding(progressInput(core, record))) {
      if (!unreachable.includes(instance)) deadlines.push(deadline);
    }
  }
  for (const { state, request } of core.model.approvals.values()) {
    if (state === 'pending') deadlines.push(Date.parse(request.expiresAt));
  }
  deadlines.push(...inferenceTimes(core));
  return deadlines.length === 0 ? undefined : deadlines.reduce((a, b) => Math.min(a, b));
}

/**
 * Writes down what time has done: containments and approvals that expired, instances that did not answer.
 *
 * @throws LedgerError where it could not be recorded; the next sweep tries again.
 */
export async function sweep(core: ControlCore): Promise<void> {
  const isDue = (time: string | undefined): time is string =>
    time !== undefined && core.now() >= Date.parse(time);
  for (const record of standing(core)) {
    const { id, expiresAt } = record.containment;
    if (isDue(expiresAt)) {
      await core.queue.run(`containment:${id}`, async () => expire(core, id, expiresAt));
    } else {
      await giveUp(core, record);
    }
  }
  for (const { state, request } of core.model.approvals.values()) {
    const { id, expiresAt } = request;
    if (state !== 'pending' || !isDue(expiresAt)) continue;
    await core.queue.run(`approval:${id}`, async () => {
      if (core.model.approvals.get(id)?.state !== 'pending') return;
      await core.record('approval.expired', { approval: id, expiresAt });
    });
  }
  await inferOutcomes(core);
}

async function expire(core: ControlCore, id: string, expiresAt: string): Promise<void> {
  const record = core.model.containments.get(id);
  if (record === undefined || record.expired || record.containment.released !== undefined) return;
  await core.record('containment.expired', { containment: id, expiresAt });
}

/** Records the instances whose time to acknowledge is over. */
async function giveUp(core: ControlCore, record: ContainmentRecord): Promise<void> {
  const { id: containment } = record.containment;
  for (const [instance, deadline] of outstanding(progressInput(core, record))) {
    if (core.now() < deadline) continue;
    await core.queue.run(`instance:${instance}`, async () => {
      const now = core.model.containments.get(containment)?.containment;
      const isKnown =
        now === undefined ||
        now.unreachable.includes(instance) ||
        now.effective.some((effect) => effect.instance === instance);
      if (!isKnown) await core.recordUrgent('containment.unreachable', { containment, instance });
    });
  }
}

/** Those that the ledger does not know to have ended. */
function standing(core: ControlCore): readonly ContainmentRecord[] {
  return [...core.model.containments.values()].filter(
    ({ containment, expired }) => !expired && containment.released === undefined,
  );
}
