import type { ToolOutcome } from '@aftertrace/schema';

/** No outcome. */
export const NO_OUTCOME = 0;
/** One that is like few others. */
export const OWN_OUTCOME = 511;
/** Rules are some hundred, but agents may have words of their own, and evidence points anywhere. */
const MAX_TEXT = 400;

interface SharedOutcome {
  readonly outcome: ToolOutcome;
  readonly text: string;
  /** That have it. */
  rows: number;
}

/**
 * Outcomes of tool calls, by row. Nearly all are like many others: those have numbers, which stand in the rows, and are
 * kept once, as long as a row has them.
 */
export class SpanOutcomes {
  readonly #shared: (SharedOutcome | undefined)[] = [undefined];
  readonly #free: number[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #own = new Map<number, ToolOutcome>();

  /** Takes the outcome for one more row: gives the number that the row is to hold. */
  take(outcome: ToolOutcome | undefined): number {
    if (outcome === undefined) return NO_OUTCOME;
    const text = JSON.stringify(outcome);
    const known = this.#numbers.get(text);
    const shared = known === undefined ? undefined : this.#shared[known];
    if (known !== undefined && shared !== undefined) {
      shared.rows += 1;
      return known;
    }
    const number = this.#free.at(-1) ?? this.#shared.length;
    if (number >= OWN_OUTCOME || text.length > MAX_TEXT) return OWN_OUTCOME;
    this.#free.pop();
    this.#shared[number] = { outcome: Object.freeze({ ...outcome }), text, rows: 1 };
    this.#numbers.set(text, number);
    return number;
  }

  /** Keeps the outcome of a row whose number is {@link OWN_OUTCOME}. */
  keep(row: number, outcome: ToolOutcome): void {
    this.#own.set(row, outcome);
  }

  of(row: number, number: number): ToolOutcome | undefined {
    return number === OWN_OUTCOME ? this.#own.get(row) : this.#shared[number]?.outcome;
  }

  /** The row is no more. */
  drop(row: number, number: number): void {
    if (number === OWN_OUTCOME) {
      this.#own.delete(row);
      return;
    }
    const shared = this.#shared[number];
    if (shared === undefined) return;
    shared.rows -= 1;
    if (shared.rows > 0) return;
    this.#numbers.delete(shared.text);
    this.#shared[number] = undefined;
    this.#free.push(number);
  }
}
