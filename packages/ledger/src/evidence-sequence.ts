/** Numbers that an instance's evidence should have had and did not, both ends inclusive. */
export interface SeqRange {
  readonly from: number;
  readonly to: number;
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

/**
 * What has been received from one instance, whose numbers begin with 0. It changes as numbers arrive, and none of its gaps
 * is ever dropped: what fills one must not pass for a duplicate. A number costs the same however many gaps there are.
 */
export interface EvidenceSequence {
  /** The highest number received; -1 before the first. */
  readonly last: number;
  /** Where an arriving number stands. */
  classify(seq: number): Arrival;
  /** The same, and it has arrived. */
  take(seq: number): Arrival;
  /** Open gaps below `last`, in order. */
  missing(): readonly SeqRange[];
}

/** @param before What was received already: the highest number, and the gaps below it in order. */
export function createEvidenceSequence(before?: {
  readonly last: number;
  readonly missing: readonly SeqRange[];
}): EvidenceSequence {
  return new Sequence(before);
}

/** Gaps side by side in one array; splitting one costs at most as many moves. */
const CHUNK_GAPS = 512;

/** Some gaps: `from` and `to` of each, one after the other, in order. Never empty. */
type Chunk = number[];

class Sequence implements EvidenceSequence {
  last: number;
  /** In order. A chunk that a gap was split in too often becomes two. */
  readonly #chunks: Chunk[] = [];

  constructor(before?: { readonly last: number; readonly missing: readonly SeqRange[] }) {
    this.last = before?.last ?? -1;
    for (const range of before?.missing ?? []) this.#add(range);
  }

  classify(seq: number): Arrival {
    const due = this.last + 1;
    if (seq === due) return { kind: 'next' };
    if (seq > due) return { kind: 'gap', missing: { from: due, to: seq - 1 } };
    return { kind: this.#find(seq) === undefined ? 'duplicate' : 'late' };
  }

  take(seq: number): Arrival {
    const arrival = this.classify(seq);
    switch (arrival.kind) {
      case 'next':
        this.last = seq;
        break;
      case 'gap':
        this.#add(arrival.missing);
        this.last = seq;
        break;
      case 'late':
        this.#fill(seq);
        break;
      case 'duplicate':
        break;
    }
    return arrival;
  }

  missing(): readonly SeqRange[] {
    const ranges: SeqRange[] = [];
    for (const chunk of this.#chunks) {
      for (let at = 0; at < chunk.length; at += 2)
        ranges.push({ from: chunk[at] ?? 0, to: chunk[at + 1] ?? 0 });
    }
    return ranges;
  }

  /** Behind all others. */
  #add({ from, to }: SeqRange): void {
    const end = this.#chunks.at(-1);
    if (end === undefined || end.length >= CHUNK_GAPS * 2) this.#chunks.push([from, to]);
    else end.push(from, to);
  }

  #fill(seq: number): void {
    const found = this.#find(seq);
    if (found === undefined) return;
    const { chunkAt, chunk, at } = found;
    const from = chunk[at] ?? seq;
    const to = chunk[at + 1] ?? seq;
    const before = from < seq ? [from, seq - 1] : [];
    const after = seq < to ? [seq + 1, to] : [];
    chunk.splice(at, 2, ...before, ...after);
    if (chunk.length === 0) this.#chunks.splice(chunkAt, 1);
    else if (chunk.length > CHUNK_GAPS * 4) this.#chunks.splice(chunkAt + 1, 0, halfOf(chunk));
  }

  #find(
    seq: number,
  ): { readonly chunkAt: number; readonly chunk: Chunk; readonly at: number } | undefined {
    // The last one that begins at or before the number holds it, or none does.
    const chunkAt = lastNotAfter(seq, this.#chunks.length, (n) => this.#chunks[n]?.[0]);
    const chunk = this.#chunks[chunkAt];
    if (chunk === undefined) return undefined;
    const at = lastNotAfter(seq, chunk.length / 2, (n) => chunk[n * 2]) * 2;
    const to = chunk[at + 1];
    return to === undefined || seq > to ? undefined : { chunkAt, chunk, at };
  }
}

/** Takes the second half out. */
function halfOf(chunk: Chunk): Chunk {
  return chunk.splice(Math.floor(chunk.length / 4) * 2);
}

/** Of places that begin in order, the last one that begins at or before a number; -1: none does. */
function lastNotAfter(
  seq: number,
  places: number,
  beginOf: (place: number) => number | undefined,
): number {
  let low = 0;
  let high = places - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if ((beginOf(middle) ?? 0) <= seq) low = middle + 1;
    else high = middle - 1;
  }
  return high;
}

/** What has not come, of two accounts of what has: a number is missing where neither knows it. */
export function mergeEvidence(one: EvidenceSequence, other: EvidenceSequence): EvidenceSequence {
  const last = Math.max(one.last, other.last);
  return createEvidenceSequence({ last, missing: inBoth(upTo(one, last), upTo(other, last)) });
}

function upTo(sequence: EvidenceSequence, last: number): readonly SeqRange[] {
  const gaps = sequence.missing();
  return sequence.last < last ? [...gaps, { from: sequence.last + 1, to: last }] : gaps;
}

function inBoth(one: readonly SeqRange[], other: readonly SeqRange[]): readonly SeqRange[] {
  const both: SeqRange[] = [];
  let at = 0;
  for (const a of one) {
    for (let b = other[at]; b !== undefined && b.from <= a.to; b = other[at]) {
      const range = { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
      if (range.from <= range.to) both.push(range);
      if (b.to > a.to) break;
      at += 1;
    }
  }
  return both;
}
