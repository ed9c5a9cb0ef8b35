import type { SpanRole } from '../decode/dialects/span-view.ts';

const CHUNK_BITS = 14;
const CHUNK_ROWS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_ROWS - 1;

/** Numbers of 32 bits a row, by place: the first ten as {@link IDS_AND_PLACE} has them. */
const LENGTH = 9;
const REQUEST = 10;
const ENVELOPE = 11;
/** Of the trace and of the run id in the lists of the group. */
const TRACE = 12;
const RUN = 13;
const NEXT = 14;
/**
 * Role in the lowest 2 bits, then whether the span states its run's outcome, its own outcome, whether its run was told,
 * the number of attributes.
 */
const TRAITS = 15;
const COLUMNS = 16;

const ROLES: readonly SpanRole[] = ['other', 'agent', 'model', 'tool'];
const STATES_OUTCOME = 4;
const OUTCOME_SHIFT = 3;
const OUTCOME_MASK = 511;
const IS_TOLD = 1 << 12;
const ATTRIBUTES_SHIFT = 13;
const MAX_ATTRIBUTES = 2 ** (32 - ATTRIBUTES_SHIFT) - 1;

/** No row: the end of a list. Rows are numbered from 1. */
export const NO_ROW = 0;

/** Where a span lies: the first columns of its row. */
export interface RowSource {
  /** Writes ids (big end first), times, offset and length into the cells of {@link IDS_AND_PLACE}, from `at` on. */
  writeRow(cells: Int32Array, at: number): void;
}

/** What the cells are that a {@link RowSource} fills, in their order. */
export const IDS_AND_PLACE = [
  'spanHigh',
  'spanLow',
  'parentHigh',
  'parentLow',
  'startHigh',
  'startLow',
  'endHigh',
  'endLow',
  'offset',
  'length',
] as const;

/** What stands beside it. */
export interface RowTraits {
  /** Number of the request that holds its bytes. */
  readonly request: number;
  /** Which resource and scope of the request it stands in. */
  readonly envelope: number;
  /** In the group's list of traces. */
  readonly trace: number;
  /** In the group's list of run ids; 0 for none, else one more than the place. */
  readonly run: number;
  readonly next: number;
  readonly role: SpanRole;
  readonly statesOutcome: boolean;
  /** As `SpanOutcomes` numbers them: at most 511. */
  readonly outcome: number;
  /** At most half a million are counted. */
  readonly attributes: number;
}

/** A row as it is read: 64 bytes. Ids and times are halves of 32 bits, each as a signed number. */
export interface Row extends Readonly<Record<(typeof IDS_AND_PLACE)[number], number>>, RowTraits {}

/**
 * All spans of open runs, in typed arrays: millions of them neither fill the heap nor occupy the garbage collector.
 * Rows of a group form a list through `next`. Grows by chunks, reuses what was freed, and never shrinks.
 */
export class SpanTable {
  readonly #chunks: Int32Array[] = [];
  #rows = 0;
  #firstFree = NO_ROW;
  #used = 0;

  /** Rows in use. */
  get used(): number {
    return this.#used;
  }

  add(source: RowSource, traits: RowTraits): number {
    const row = this.#take();
    const chunk = this.#chunk(row);
    const at = (row & CHUNK_MASK) * COLUMNS;
    source.writeRow(chunk, at);
    chunk[at + REQUEST] = traits.request;
    chunk[at + ENVELOPE] = traits.envelope;
    chunk[at + TRACE] = traits.trace;
    chunk[at + RUN] = traits.run;
    chunk[at + NEXT] = traits.next;
    chunk[at + TRAITS] =
      ROLES.indexOf(traits.role) |
      (traits.statesOutcome ? STATES_OUTCOME : 0) |
      (traits.outcome << OUTCOME_SHIFT) |
      (Math.min(traits.attributes, MAX_ATTRIBUTES) << ATTRIBUTES_SHIFT);
    this.#used += 1;
    return row;
  }

  read(row: number): Row {
    const chunk = this.#chunk(row);
    const at = (row & CHUNK_MASK) * COLUMNS;
    const traits = chunk[at + TRAITS] as number;
    return {
      spanHigh: chunk[at] as number,
      spanLow: chunk[at + 1] as number,
      parentHigh: chunk[at + 2] as number,
      parentLow: chunk[at + 3] as number,
      startHigh: chunk[at + 4] as number,
      startLow: chunk[at + 5] as number,
      endHigh: chunk[at + 6] as number,
      endLow: chunk[at + 7] as number,
      offset: chunk[at + 8] as number,
      length: chunk[at + LENGTH] as number,
      request: chunk[at + REQUEST] as number,
      envelope: chunk[at + ENVELOPE] as number,
      trace: chunk[at + TRACE] as number,
      run: chunk[at + RUN] as number,
      next: chunk[at + NEXT] as number,
      role: ROLES[traits & 3] ?? 'other',
      statesOutcome: (traits & STATES_OUTCOME) !== 0,
      outcome: (traits >>> OUTCOME_SHIFT) & OUTCOME_MASK,
      attributes: traits >>> ATTRIBUTES_SHIFT,
    };
  }

  requestOf(row: number): number {
    return this.#chunk(row)[(row & CHUNK_MASK) * COLUMNS + REQUEST] as number;
  }

  outcomeOf(row: number): number {
    const traits = this.#chunk(row)[(row & CHUNK_MASK) * COLUMNS + TRAITS] as number;
    return (traits >>> OUTCOME_SHIFT) & OUTCOME_MASK;
  }

  /** Notes that the run of the span was told; whether that is news. */
  tell(row: number): boolean {
    const chunk = this.#chunk(row);
    const at = (row & CHUNK_MASK) * COLUMNS + TRAITS;
    const traits = chunk[at] as number;
    chunk[at] = traits | IS_TOLD;
    return (traits & IS_TOLD) === 0;
  }

  lengthOf(row: number): number {
    return this.#chunk(row)[(row & CHUNK_MASK) * COLUMNS + LENGTH] as number;
  }

  next(row: number): number {
    return this.#chunk(row)[(row & CHUNK_MASK) * COLUMNS + NEXT] as number;
  }

  setNext(row: number, next: number): void {
    this.#chunk(row)[(row & CHUNK_MASK) * COLUMNS + NEXT] = next;
  }

  /** The row's places in the lists of another group that takes it over. */
  renumber(row: number, traces: number, runs: number): void {
    const chunk = this.#chunk(row);
    const at = (row & CHUNK_MASK) * COLUMNS;
    chunk[at + TRACE] = (chunk[at + TRACE] as number) + traces;
    const run = chunk[at + RUN] as number;
    if (run > 0) chunk[at + RUN] = run + runs;
  }

  free(row: number): void {
    this.setNext(row, this.#firstFree);
    this.#firstFree = row;
    this.#used -= 1;
  }

  #take(): number {
    const free = this.#firstFree;
    if (free !== NO_ROW) {
      this.#firstFree = this.next(free);
      return free;
    }
    this.#rows += 1;
    if (this.#rows >> CHUNK_BITS >= this.#chunks.length) {
      this.#chunks.push(new Int32Array(CHUNK_ROWS * COLUMNS));
    }
    return this.#rows;
  }

  #chunk(row: number): Int32Array {
    const chunk = this.#chunks[row >> CHUNK_BITS];
    if (chunk === undefined) throw new Error(`there is no row ${row}`);
    return chunk;
  }
}
