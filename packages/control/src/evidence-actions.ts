import type { Arrival, EvidenceSequence, SeqRange } from '@aftertrace/ledger';
import {
  EvidenceBatch,
  EvidenceRecord,
  MAX_AGENT_CHARS,
  type Actor,
  type Effect,
  type EffectReport,
} from '@aftertrace/schema';
import { z } from 'zod';

import { recordEffects } from './containment-actions.ts';
import { recording, type ControlCore } from './control-core.ts';
import { succeed, type ControlResult } from './control-problem.ts';

/**
 * A batch as it is accepted: a record that is no evidence does not keep the others out, and is itself written down as
 * a gap. (Refusing the batch would make the agent send it for ever.)
 */
export const LenientEvidenceBatch = z.object({
  instance: EvidenceBatch.shape.instance,
  agent: EvidenceBatch.shape.agent,
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
      const arrived = arrivals(core, batch);
      const details = await keepDetails(core, arrived);
      await allOrThrow(
        arrived.flatMap((one) => write(core, batch, { ...one, ...details.get(one) })),
      );
      const ack = core.registry.get(batch.instance)?.lastAck;
      if (ack !== undefined) await recordEffects(core, ack);
      const accepted = arrived.filter(({ parsed }) => parsed.success).length;
      const invalid = arrived.length - accepted;
      const missing = arrived.reduce((sum, { gap }) => sum + (gap ? gap.to - gap.from + 1 : 0), 0);
      if (missing + invalid > 0) {
        const whose = JSON.stringify(batch.instance);
        core.log('warn', `evidence of ${whose}: ${missing} missing, ${invalid} that are none`);
      }
      const duplicates = batch.records.length - arrived.length;
      return succeed({ accepted, duplicates, invalid, missing });
    });
  });
}

/** The companion keeps the names of agents, so they must have an end. */
const BoundedRecord = EvidenceRecord.refine(
  ({ data }) => !('agent' in data) || data.agent.length <= MAX_AGENT_CHARS,
  {
    path: ['data', 'agent'],
    message: `a name of an agent has at most ${MAX_AGENT_CHARS} characters`,
  },
);

/** A record that had not come before. */
interface Arrived {
  readonly seq: number;
  readonly parsed: z.ZodSafeParseResult<EvidenceRecord>;
  /** The numbers that were due before it. */
  readonly gap: SeqRange | undefined;
}

function arrivals(
  core: ControlCore,
  { instance, records }: LenientEvidenceBatch,
): readonly Arrived[] {
  const classify = classifier(core.model.evidence.get(instance));
  return records.flatMap((candidate) => {
    const { seq } = candidate;
    const arrival = classify(seq);
    if (arrival.kind === 'duplicate') return [];
    const gap = arrival.kind === 'gap' ? arrival.missing : undefined;
    return [{ seq, gap, parsed: BoundedRecord.safeParse(candidate) }];
  });
}

/** Where the numbers of a batch stand, one after the other; what is known changes only with what is sealed of them. */
function classifier(known: EvidenceSequence | undefined): (seq: number) => Arrival {
  const taken = new Set<number>();
  const before = known?.last ?? -1;
  let last = before;
  return (seq) => {
    if (taken.has(seq)) return { kind: 'duplicate' };
    taken.add(seq);
    if (seq <= before) return known?.classify(seq) ?? { kind: 'duplicate' };
    const due = last + 1;
    last = Math.max(last, seq);
    if (seq < due) return { kind: 'late' };
    return seq === due ? { kind: 'next' } : { kind: 'gap', missing: { from: due, to: seq - 1 } };
  };
}

/** Waits for all, so that nothing is still being written when the first failure is reported. */
async function allOrThrow(writes: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(writes);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Begins to write a record, and the gap before it, in this order. */
function write(
  core: ControlCore,
  batch: LenientEvidenceBatch,
  { seq, gap, parsed, ...details }: Arrived & Partial<KeptDetails>,
): readonly Promise<void>[] {
  const missing =
    gap === undefined ? [] : [recordGap(core, batch, { ...gap, cause: 'missing' as const })];
  if (parsed.success)
    return [...missing, writeRecord(core, batch, { record: parsed.data, details })];
  const problems = parsed.error.issues
    .slice(0, 10)
    .map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return [...missing, recordGap(core, batch, { from: seq, to: seq, cause: 'invalid', problems })];
}

async function writeRecord(
  core: ControlCore,
  { instance, agent }: LenientEvidenceBatch,
  { record, details }: { readonly record: EvidenceRecord; readonly details: Partial<KeptDetails> },
): Promise<void> {
  const actor: Actor = { kind: 'agent', id: agent, assurance: 'token' };
  const from = { instance, agent, evidenceSeq: record.seq };
  switch (record.type) {
    case 'decision':
      core.registry.seen(instance, record.data.agent);
      return core.record('decision', { decision: record.data, ...from }, actor);
    case 'override': {
      // What an agent says of a person is a claim: nobody verified it here.
      const claimed = record.data.actor;
      const override = { ...record.data, actor: { ...claimed, assurance: 'asserted' as const } };
      return core.record(
        'override',
        { override, claimedAssurance: claimed.assurance, ...from },
        actor,
      );
    }
    case 'effect':
      core.registry.seen(instance, record.data.agent);
      return core.record('effect', { effect: toEffect(record.data), ...details, ...from }, actor);
    case 'override.outcome':
      return core.record('override.outcome', { ...record.data, ...from }, actor);
  }
}

/** Digests of what it takes to undo a call. */
interface KeptDetails {
  readonly argumentsDigest: string;
  readonly resultDigest: string;
}

/** What it takes to undo a call is on disk before the entry that refers to it is written. */
async function keepDetails(
  core: ControlCore,
  arrived: readonly Arrived[],
): Promise<ReadonlyMap<Arrived, KeptDetails>> {
  const kept = new Map<Arrived, KeptDetails>();
  for (const one of arrived) {
    const { data: record } = one.parsed;
    if (record?.type !== 'effect' || !record.data.compensable) continue;
    const { arguments: args = null, result = null } = record.data;
    const [argumentsDigest, resultDigest] = await Promise.all([
      core.details.put(args, record.data.id),
      core.details.put(result, record.data.id),
    ]);
    kept.set(one, { argumentsDigest, resultDigest });
  }
  return kept;
}

function toEffect({ arguments: _arguments, result: _result, ...effect }: EffectReport): Effect {
  return effect;
}

async function recordGap(
  core: ControlCore,
  { instance, agent }: LenientEvidenceBatch,
  gap: { from: number; to: number; cause: 'missing' | 'invalid'; problems?: string[] },
): Promise<void> {
  await core.record('evidence.gap', { instance, agent, ...gap });
}
