import type { LedgerEntry } from '@aftertrace/schema';

import { advance, type EvidenceSequence, type SeqRange } from './evidence-sequence.ts';

/** Evidence that an agent process numbered and that never arrived. */
export interface EvidenceGap extends SeqRange {
  readonly instance: string;
  readonly agent: string;
}

/** Follows the numbers that agent processes give what they prove: what was left out shows. */
export interface EvidenceCheck {
  add(entry: LedgerEntry): void;
  /** What is missing, by process. */
  gaps(): readonly EvidenceGap[];
}

export function createEvidenceCheck(): EvidenceCheck {
  const seen = new Map<string, { readonly agent: string; sequence: EvidenceSequence }>();
  const take = (instance: string, agent: string, seq: number): void => {
    const known = seen.get(instance);
    if (known === undefined) seen.set(instance, { agent, sequence: advance(undefined, seq) });
    else known.sequence = advance(known.sequence, seq);
  };
  return {
    add: ({ type, data }) => {
      const { instance, agent, evidenceSeq, from, to, cause } = data;
      if (typeof instance !== 'string') return;
      const name = typeof agent === 'string' ? agent : '';
      if (isNumber(evidenceSeq)) take(instance, name, evidenceSeq);
      // It arrived and was no evidence: that it came is recorded, so nothing was left out.
      if (type !== 'evidence.gap' || cause !== 'invalid' || !isNumber(from) || from !== to) return;
      take(instance, name, from);
    },
    gaps: () =>
      [...seen].flatMap(([instance, { agent, sequence }]) =>
        sequence.missing.map((range) => ({ instance, agent, ...range })),
      ),
  };
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
