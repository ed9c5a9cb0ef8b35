import type { Override } from '@aftertrace/schema';

import type { ControlCore } from './control-core.ts';
import type { OpenOverride } from './control-model.ts';

/** What the companion concludes of an override of which nobody has said what became. */
interface Inference {
  readonly dueMillis: number;
  readonly status: 'not_executed' | 'expired';
  readonly because: string;
}

/** When outcomes are due to be inferred. */
export function inferenceTimes(core: ControlCore): readonly number[] {
  return inferences(core).map(({ inference }) => inference.dueMillis);
}

/**
 * Settles the overrides that have waited long enough for an outcome: none stays `pending` for ever. Each entry says that it
 * is an inference; what its process reports later is a later entry, and stands.
 *
 * @throws LedgerError where it could not be recorded; the next sweep tries again.
 */
export async function inferOutcomes(core: ControlCore): Promise<void> {
  for (const { id, open } of inferences(core)) {
    // In the queue of the evidence of that process: what it has sent comes first.
    await core.queue.run(`instance:${open.instance ?? ''}`, async () => {
      const now = core.model.openOverrides.get(id);
      const inference = now === undefined ? undefined : inferenceOf(core, id, now);
      if (inference === undefined || core.now() < inference.dueMillis) return;
      await core.record('override.outcome', {
        override: id,
        status: inference.status,
        at: core.timestamp(),
        detail: `Inferred by the companion, not reported: ${inference.because}.`,
        inferred: true,
      });
    });
  }
}

interface Due {
  readonly id: string;
  readonly open: OpenOverride;
  readonly inference: Inference;
}

function inferences(core: ControlCore): readonly Due[] {
  return [...core.model.openOverrides].flatMap(([id, open]) => {
    const inference = inferenceOf(core, id, open);
    return inference === undefined ? [] : [{ id, open, inference }];
  });
}

/** The conclusion that is due first. The grace leaves time for the report of what was done in the last moment. */
function inferenceOf(core: ControlCore, id: string, open: OpenOverride): Inference | undefined {
  const override = core.model.overrides.get(id);
  if (override === undefined) return undefined;
  const candidates = [
    refusedBefore(core, open),
    processGone(core, override, open),
    timeOver(core, override, open),
  ].filter((candidate) => candidate !== undefined);
  return candidates.toSorted((a, b) => a.dueMillis - b.dueMillis)[0];
}

function refusedBefore(core: ControlCore, { approval }: OpenOverride): Inference | undefined {
  const refused = approval === undefined ? undefined : core.model.approvals.get(approval)?.refused;
  if (refused === undefined) return undefined;
  return {
    dueMillis: Date.parse(refused.at) + core.absenceGraceMillis,
    status: 'not_executed',
    because: `the call had been refused by decision ${refused.decision}`,
  };
}

function processGone(
  core: ControlCore,
  override: Override,
  { instance, approval }: OpenOverride,
): Inference | undefined {
  if (instance === undefined) return undefined;
  const since = core.registry.absentSinceMillis(instance, core.startedAtMillis);
  if (since === undefined) return undefined;
  const dueMillis = since + core.absenceGraceMillis;
  const gone = `process ${instance} has not been heard of since ${new Date(since).toISOString()}`;
  // Streams carry answers: one that was away before the answer and ever since has not had it.
  return approval !== undefined && since < Date.parse(override.at)
    ? { dueMillis, status: 'not_executed', because: `${gone}, so the answer did not reach it` }
    : { dueMillis, status: 'expired', because: `${gone}; whether the call ran is not known` };
}

function timeOver(
  core: ControlCore,
  { expiresAt }: Override,
  { instance }: OpenOverride,
): Inference | undefined {
  if (expiresAt === undefined) return undefined;
  const dueMillis = Date.parse(expiresAt) + core.absenceGraceMillis;
  if (instance === undefined) {
    const because = `its time was over at ${expiresAt} and no process had come for it`;
    return { dueMillis, status: 'not_executed', because };
  }
  return {
    dueMillis,
    status: 'expired',
    because: `its time was over at ${expiresAt} and no outcome had come; whether the call ran is not known`,
  };
}
