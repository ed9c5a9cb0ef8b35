import type { LedgerEntry } from '@aftertrace/schema';

import {
  createEvidenceSequence,
  mergeEvidence,
  type EvidenceSequence,
  type SeqRange,
} from './evidence-sequence.ts';

/** Evidence that an agent process numbered and that never arrived. */
export interface EvidenceGap extends SeqRange {
  readonly instance: string;
  readonly agent: string;
}

/** What has arrived of one agent process. */
export interface InstanceEvidence {
  readonly agent: string;
  readonly sequence: EvidenceSequence;
  /** When the entry about the last of it was written: by the clock of who wrote the log. */
  readonly at: string;
}

/** Follows the numbers that agent processes give what they prove: what was left out shows. */
export interface EvidenceCheck {
  add(entry: LedgerEntry): void;
  /** By process. */
  readonly seen: ReadonlyMap<string, InstanceEvidence>;
}

export function createEvidenceCheck(): EvidenceCheck {
  const seen = new Map<string, InstanceEvidence>();
  return {
    seen,
    add: (entry) => {
      const place = placeOf(entry);
      if (place === undefined) return;
      const { instance, agent, seq } = place;
      const known = seen.get(instance) ?? { agent, sequence: createEvidenceSequence() };
      known.sequence.take(seq);
      seen.set(instance, { ...known, at: entry.at });
    },
  };
}

/** What is missing, by process. */
export function gapsIn(seen: ReadonlyMap<string, InstanceEvidence>): readonly EvidenceGap[] {
  return [...seen].flatMap(([instance, { agent, sequence }]) =>
    sequence.missing().map((range) => ({ instance, agent, ...range })),
  );
}

/** What has arrived, with what had arrived before the first entry that is looked at. */
export function withCarried(
  seen: ReadonlyMap<string, InstanceEvidence>,
  carried: readonly { readonly evidence?: InstanceEvidence & { readonly instance: string } }[],
): ReadonlyMap<string, InstanceEvidence> {
  const all = new Map(seen);
  for (const { evidence } of carried) {
    if (evidence === undefined) continue;
    const { instance, agent, sequence, at } = evidence;
    const known = all.get(instance);
    const merged = known === undefined ? sequence : mergeEvidence(sequence, known.sequence);
    all.set(instance, { agent, sequence: merged, at: known?.at ?? at });
  }
  return all;
}

function placeOf({
  type,
  data,
}: LedgerEntry):
  | { readonly instance: string; readonly agent: string; readonly seq: number }
  | undefined {
  const { instance, agent, evidenceSeq, from, to, cause } = data;
  if (typeof instance !== 'string') return undefined;
  const name = typeof agent === 'string' ? agent : '';
  if (isNumber(evidenceSeq)) return { instance, agent: name, seq: evidenceSeq };
  // It arrived and was no evidence: that it came is recorded, so nothing was left out.
  if (type !== 'evidence.gap' || cause !== 'invalid' || !isNumber(from) || from !== to)
    return undefined;
  return { instance, agent: name, seq: from };
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
