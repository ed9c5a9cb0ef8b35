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
  return { kind: gapOf(sequence?.missing ?? [], seq) === -1 ? 'duplicate' : 'late' };
}

/** The sequence after a number has arrived. */
export function advance(sequence: EvidenceSequence | undefined, seq: number): EvidenceSequence {
  const arrival = classifyArrival(sequence, seq);
  const before = sequence?.missing ?? [];
  switch (arrival.kind) {
    case 'next':
      return { last: seq, missing: before };
    case 'gap':
      // Not spread: whoever sends every other number makes many gaps, and copying must stay cheap.
      return { last: seq, missing: before.concat(arrival.missing) };
    case 'late':
      return { last: sequence?.last ?? seq, missing: without(before, seq) };
    case 'duplicate':
      return sequence ?? { last: seq, missing: [] };
  }
}

/** Where the gap with a number stands among them, which are in order; -1: in none. */
function gapOf(missing: readonly SeqRange[], seq: number): number {
  let low = 0;
  let high = missing.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const range = missing[middle];
    if (range === undefined) return -1;
    if (seq < range.from) high = middle - 1;
    else if (seq > range.to) low = middle + 1;
    else return middle;
  }
  return -1;
}

function without(missing: readonly SeqRange[], seq: number): readonly SeqRange[] {
  const at = gapOf(missing, seq);
  const range = missing[at];
  if (range === undefined) return missing;
  const rest = [
    { from: range.from, to: seq - 1 },
    { from: seq + 1, to: range.to },
  ].filter(({ from, to }) => from <= to);
  return missing.toSpliced(at, 1, ...rest);
}
