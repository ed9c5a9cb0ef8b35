import type { ToolOutcome } from '@aftertrace/schema';

/** No outcome. */
export const NO_OUTCOME = 0;
/** One that is like few others. */
export const OWN_OUTCOME = 511;
/** Rules are some hundred, but agents may have words of their own. */
const MAX_TEXT = 400;

/**
 * Outcomes of tool calls, by row. Nearly all are like many others: those have numbers, which stand in the rows, and are
 * kept once.
 */
export class SpanOutcomes {
  readonly #shared: (ToolOutcome | undefined)[] = [undefined];
  readonly #numbers = new Map<string, number>();
  readonly #own = new Map<number, ToolOutcome>();

  /** The number that the row is to hold. */
  numberOf(outcome: ToolOutcome | undefined): number {
    if (outcome === undefined) return NO_OUTCOME;
    // What points into a result is of that call only.
    if (outcome.evidence !== undefined) return OWN_OUTCOME;
    const text = JSON.stringify(outcome);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#shared.length >= OWN_OUTCOME || text.length > MAX_TEXT) return OWN_OUTCOME;
    const number = this.#shared.push(Object.freeze({ ...outcome })) - 1;
    this.#numbers.set(text, number);
    return number;
  }

  /** Keeps the outcome of a row whose number is {@link OWN_OUTCOME}. */
  keep(row: number, outcome: ToolOutcome): void {
    this.#own.set(row, outcome);
  }

  of(row: number, number: number): ToolOutcome | undefined {
    return number === OWN_OUTCOME ? this.#own.get(row) : this.#shared[number];
  }

  drop(row: number): void {
    if (this.#own.size > 0) this.#own.delete(row);
  }
}
