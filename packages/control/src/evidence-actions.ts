import { EvidenceRecord, type Actor, type Effect, type EffectReport } from '@aftertrace/schema';
import { z } from 'zod';

import { recordEffects } from './containment-actions.ts';
import { recording, type ControlCore } from './control-core.ts';
import { succeed, type ControlResult } from './control-problem.ts';
import { advance, classifyArrival } from '@aftertrace/ledger';

/**
 * A batch as it is accepted: a record that is no evidence does not keep the others out, and is itself written down as
 * a gap. (Refusing the batch would make the agent send it for ever.)
 */
export const LenientEvidenceBatch = z.object({
  instance: z.string().min(1),
  agent: z.string().min(1),
  records: z
    .array(z.looseObject({ seq: z.int().nonnegative() }))
    .min(1)
    .max(1000),
});
export type LenientEvidenceBatch = z.infer<typeof LenientEvidenceBatch>;

/** What became of a batch. */
export const EvidenceReceipt = z.object({
  accepted: z.int().nonnegative(),
  duplicates: z.int().nonnegative(),
  invalid: z.int().nonnegative(),
  /** Numbers missing before the records of this batch. */
  missing: z.int().nonnegative(),
});
export type EvidenceReceipt = z.infer<typeof EvidenceReceipt>;

/** Seals what an agent must prove. Resolves when all of it is on disk; a batch that failed may be sent again whole. */
export async function receiveEvidence(
  core: ControlCore,
  batch: LenientEvidenceBatch,
): Promise<ControlResult<EvidenceReceipt>> {
  return core.queue.run(`instance:${batch.instance}`, async () => {
    core.registry.seen(batch.instance, batch.agent);
    return recording(core, async () => {
      const receipt = { accepted: 0, duplicates: 0, invalid: 0, missing: 0 };
      const details = await keepDetails(core, batch);
      const writes: Promise<void>[] = [];
      let sequence = core.model.evidence.get(batch.instance);
      for (const record of batch.records) {
        const arrival = classifyArrival(sequence, record.seq);
        if (arrival.kind === 'duplicate') {
          receipt.duplicates += 1;
          continue;
        }
        if (arrival.kind === 'gap') {
          receipt.missing += arrival.missing.to - arrival.missing.from + 1;
          writes.push(recordGap(core, batch, { ...arrival.missing, cause: 'missing' }));
        }
        const write = { record, writes, details: details.get(record.seq) };
        const isValid = writeRecord(core, batch, write);
        receipt[isValid ? 'accepted' : 'invalid'] += 1;
        sequence = advance(sequence, record.seq);
      }
      await allOrThrow(writes);
      const ack = core.registry.get(batch.instance)?.lastAck;
      if (ack !== undefined) await recordEffects(core, ack);
      return succeed(receipt);
    });
  });
}

/** Waits for all, so that nothing is still being written when the first failure is reported. */
async function allOrThrow(writes: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(writes);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

interface EvidenceWrite {
  readonly record: { readonly seq: number };
  /** Gets what is being written. */
  readonly writes: Promise<void>[];
  readonly details: { argumentsDigest: string; resultDigest: string } | undefined;
}

function writeRecord(
  core: ControlCore,
  batch: LenientEvidenceBatch,
  { record: candidate, writes, details }: EvidenceWrite,
): boolean {
  const { instance, agent } = batch;
  const actor: Actor = { kind: 'agent', id: agent, assurance: 'token' };
  const parsed = EvidenceRecord.safeParse(candidate);
  const { seq: evidenceSeq } = candidate;
  if (!parsed.success) {
    const problems = parsed.error.issues
      .slice(0, 10)
      .map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    writes.push(
      recordGap(core, batch, { from: evidenceSeq, to: evidenceSeq, cause: 'invalid', problems }),
    );
    return false;
  }
  const from = { instance, agent, evidenceSeq };
  const record = parsed.data;
  switch (record.type) {
    case 'decision':
      core.registry.seen(instance, record.data.agent);
      writes.push(core.record('decision', { decision: record.data, ...from }, actor));
      return true;
    case 'override': {
      // What an agent says of a person is a claim: nobody verified it here.
      const claimed = record.data.actor;
      const override = { ...record.data, actor: { ...claimed, assurance: 'asserted' as const } };
      const data = { override, claimedAssurance: claimed.assurance, ...from };
      writes.push(core.record('override', data, actor));
      return true;
    }
    case 'effect':
      core.registry.seen(instance, record.data.agent);
      writes.push(
        core.record('effect', { effect: toEffect(record.data), ...details, ...from }, actor),
      );
      return true;
    case 'override.outcome':
      writes.push(core.record('override.outcome', { ...record.data, ...from }, actor));
      return true;
  }
}

/** What it takes to undo a call is on disk before the entry that refers to it is written. */
async function keepDetails(core: ControlCore, batch: LenientEvidenceBatch): Promise<EffectDetails> {
  const kept = new Map<number, { argumentsDigest: string; resultDigest: string }>();
  const sequence = core.model.evidence.get(batch.instance);
  for (const candidate of batch.records) {
    if (classifyArrival(sequence, candidate.seq).kind === 'duplicate') continue;
    const parsed = EvidenceRecord.safeParse(candidate);
    if (!parsed.success || parsed.data.type !== 'effect' || !parsed.data.data.compensable) continue;
    const { arguments: args = null, result = null } = parsed.data.data;
    kept.set(candidate.seq, {
      argumentsDigest: await core.details.put(args),
      resultDigest: await core.details.put(result),
    });
  }
  return kept;
}

type EffectDetails = ReadonlyMap<number, { argumentsDigest: string; resultDigest: string }>;

function toEffect({ arguments: _arguments, result: _result, ...effect }: EffectReport): Effect {
  return effect;
}

async function recordGap(
  core: ControlCore,
  { instance, agent }: LenientEvidenceBatch,
  gap: { from: number; to: number; cause: 'missing' | 'invalid'; problems?: string[] },
): Promise<void> {
  await core.record('evidence.gap', { instance, agent, ...gap });
  core.log(
    'warn',
    `evidence of ${JSON.stringify(instance)}: ${gap.cause} ${gap.from} to ${gap.to}`,
  );
}
