import type { PlacedSpan } from './placed-span.ts';

const NO_SPAN = -1;
const LEAST_SLOTS = 64;
/** Nobody can know beforehand which ids share a slot. */
const SEED = (Math.random() * 2 ** 32) | 0;

/** Spans, each once, found by their ids. Filled again and again, one group after another. */
export class SpanSet<Span extends PlacedSpan & { order: number }> {
  /** In the order of their arrival; its own for each filling. */
  #spans: Span[] = [];
  /** Places in the list, at least half of them free. */
  #slots = new Int32Array(LEAST_SLOTS).fill(NO_SPAN);
  #mask = LEAST_SLOTS - 1;

  get spans(): readonly Span[] {
    return this.#spans;
  }

  /** Takes other spans, at most so many. */
  clear(most: number): void {
    this.#spans = [];
    let slots = LEAST_SLOTS;
    while (slots < 2 * most) slots *= 2;
    if (slots > this.#slots.length) this.#slots = new Int32Array(slots);
    this.#mask = slots - 1;
    this.#slots.fill(NO_SPAN, 0, slots);
  }

  /** Adds the span; where one with its ids is there already, gives that and adds nothing. */
  add(span: Span): Span | undefined {
    const slot = this.#slotOf(span.traceId, span.spanHigh, span.spanLow);
    const place = this.#slots[slot] as number;
    if (place !== NO_SPAN) return this.#spans[place];
    span.order = this.#spans.push(span) - 1;
    this.#slots[slot] = span.order;
    return undefined;
  }

  /** Puts the span where one with the same ids is. */
  replace(known: Span, span: Span): void {
    span.order = known.order;
    this.#spans[span.order] = span;
  }

  parentOf({ traceId, parentHigh, parentLow }: Span): Span | undefined {
    if (parentHigh === 0 && parentLow === 0) return undefined;
    const place = this.#slots[this.#slotOf(traceId, parentHigh, parentLow)] as number;
    return place === NO_SPAN ? undefined : this.#spans[place];
  }

  /** The slot of the span with these ids, else the free one where it belongs. */
  #slotOf(traceId: string, high: number, low: number): number {
    const mask = this.#mask;
    let hash = Math.imul(low ^ SEED, 0x9e37_79b1) ^ high;
    hash = Math.imul(hash ^ (hash >>> 15), 0x85eb_ca77);
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (;;) {
      const place = this.#slots[slot] as number;
      if (place === NO_SPAN) return slot;
      const span = this.#spans[place] as Span;
      if (span.spanLow === low && span.spanHigh === high && span.traceId === traceId) return slot;
      slot = (slot + 1) & mask;
    }
  }
}
