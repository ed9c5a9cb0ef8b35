import type { LedgerEntry } from '@aftertrace/schema';

import { createChainChecker, parseLine, type LedgerProblem } from './check-chain.ts';
import { LedgerError } from './ledger-error.ts';
import { readLineBatches, type RawLine } from './read-lines.ts';
import { CARRIED, removalIn, type Removal } from './removal.ts';
import type { LedgerHead } from './seal-entry.ts';

/** What a ledger file holds, and what to do with its end before anything is appended. */
export interface Recovery {
  readonly head: LedgerHead;
  /** Bytes that hold sound, complete lines. */
  readonly size: number;
  /** The rest of a write that a crash cut short. It was never acknowledged. */
  readonly tail?: { readonly bytes: number; readonly keep: boolean };
  /** Hashes of the entries that were asked for, as far as they are there. */
  readonly hashes: ReadonlyMap<number, string>;
  /** What the file begins after, where entries were removed from its beginning. */
  readonly base?: LedgerBase;
}

/** Where a ledger begins whose first entries were removed. */
export interface LedgerBase extends Removal {
  /** Offset of the first line that carries something over. */
  readonly carriedFrom: number;
  /** Offset of the line that says what was removed. */
  readonly carriedTo: number;
}

/**
 * Reads a ledger to its end and checks the chain.
 *
 * @param wanted Sequence numbers of entries whose hashes are to be known.
 * @throws LedgerError `ledger_broken`, naming the first problem: a broken chain is never continued.
 */
export async function recover(path: string, wanted: ReadonlySet<number>): Promise<Recovery> {
  const problems: LedgerProblem[] = [];
  const checker = createChainChecker((problem) => problems.push(problem));
  const hashes = new Map<number, string>();
  const note = ({ seq, hash }: LedgerHead): void => {
    if (wanted.has(seq)) hashes.set(seq, hash);
  };
  const places = new CarriedPlaces();
  let size = 0;
  const found = (tail?: Pick<Recovery, 'head' | 'size' | 'tail'>): Recovery => {
    // A last line without its end is known whole only to the caller; it says nothing of removals.
    const [problem] = checker.finish();
    if (problem !== undefined) throw broken(path, problem);
    const base = places.baseOf(checker.removal());
    return {
      ...(tail ?? { head: checker.head(), size }),
      hashes,
      ...(base === undefined ? {} : { base }),
    };
  };
  for await (const lines of readLineBatches(path)) {
    for (const line of lines) {
      if (!line.terminated) {
        const recovery = recoverTail(line, checker.head());
        note(recovery.head);
        return found(recovery);
      }
      const entry = checker.add(parseLine(line.bytes));
      const problem =
        problems[0] ?? (checker.isInterrupted() ? checker.finish().at(-1) : undefined);
      if (problem !== undefined) throw broken(path, problem);
      if (entry !== undefined) places.note(entry, line.offset);
      note(checker.head());
      size = line.offset + line.bytes.length + 1;
    }
  }
  return found();
}

/** Where the lines of each removal lie. */
class CarriedPlaces {
  readonly #first = new Map<string, number>();
  readonly #end = new Map<string, number>();

  note(entry: LedgerEntry, offset: number): void {
    const trim = entry.type === CARRIED ? entry.data['trim'] : undefined;
    if (typeof trim === 'string' && !this.#first.has(trim)) this.#first.set(trim, offset);
    const removal = removalIn(entry);
    if (removal !== undefined) this.#end.set(removal.trim, offset);
  }

  baseOf(removal: Removal | undefined): LedgerBase | undefined {
    if (removal === undefined) return undefined;
    const carriedTo = this.#end.get(removal.trim) ?? 0;
    const carriedFrom = this.#first.get(removal.trim) ?? carriedTo;
    return { ...removal, carriedFrom, carriedTo };
  }
}

/** A last line that is whole and follows lacks only its line feed; anything else is cut. */
function recoverTail(line: RawLine, head: LedgerHead): Pick<Recovery, 'head' | 'size' | 'tail'> {
  const parsed = parseLine(line.bytes);
  const bytes = line.bytes.length;
  if (!parsed.ok || parsed.entry.seq !== head.seq + 1 || parsed.entry.prevHash !== head.hash) {
    return { head, size: line.offset, tail: { bytes, keep: false } };
  }
  const { seq, hash } = parsed.entry;
  return { head: { seq, hash }, size: line.offset + bytes, tail: { bytes, keep: true } };
}

function broken(path: string, problem: LedgerProblem): LedgerError {
  const where = `line ${problem.line}${problem.seq === undefined ? '' : `, entry ${problem.seq}`}`;
  return new LedgerError(
    'ledger_broken',
    `${path} is not an unbroken chain (${where}: ${problem.kind}, ${problem.message}). Nothing was written to it. ` +
      `Keep the file as evidence, look at it with a verification, and restore a copy or start with an empty file.`,
  );
}
