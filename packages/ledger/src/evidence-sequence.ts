/** Numbers that an instance's evidence should have had and did not, both ends inclusive. */
export interface SeqRange {
  readonly from: number;
  readonly to: number;
}

/** What has been received from one instance. */
export interface EvidenceSequence {
  /** The highest number received. */
  readonly last: number;
  /** Open gaps below it. */
  readonly missing: readonly SeqRange[];
}

/**
 * - `next`: the one that was due.
 * - `gap`: later than the one that was due; those between are missing.
 * - `late`: fills a gap.
 * - `duplicate`: received before.
 */
export type Arrival =
  | { readonly kind: 'next' | 'late' | 'duplicate' }
  | { readonly kind: 'gap'; readonly missing: SeqRange };

/** Where an arriving number stands. An instance begins with 0. */
export function classifyArrival(sequence: EvidenceSequence | undefined, seq: number): Arrival {
  const due = (sequence?.last ?? -1) + 1;
  if (seq === due) return { kind: 'next' };
  if (seq > due) return { kind: 'gap', missing: { from: due, to: seq - 1 } };
  const isMissing = sequence?.missing.some(({ from, to }) => seq >= from && seq <= to);
  return { kind: isMissing === true ? 'late' : 'duplicate' };
}

/** The sequence after a number has arrived. */
export function advance(sequence: EvidenceSequence | undefined, seq: number): EvidenceSequence {
  const arrival = classifyArrival(sequence, seq);
  const before = sequence?.missing ?? [];
  switch (arrival.kind) {
    case 'next':
      return { last: seq, missing: before };
    case 'gap':
      return { last: seq, missing: [...before, arrival.missing] };
    case 'late':
      return {
        last: sequence?.last ?? seq,
        missing: before.flatMap((range) => without(range, seq)),
      };
    case 'duplicate':
      return sequence ?? { last: seq, missing: [] };
  }
}

function without(range: SeqRange, seq: number): readonly SeqRange[] {
  if (seq < range.from || seq > range.to) return [range];
  return [
    { from: range.from, to: seq - 1 },
    { from: seq + 1, to: range.to },
  ].filter(({ from, to }) => from <= to);
}
