import { createChainChecker, parseLine, type LedgerProblem } from './check-chain.ts';
import { LedgerError } from './ledger-error.ts';
import { readLineBatches, type RawLine } from './read-lines.ts';
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
  let size = 0;
  for await (const lines of readLineBatches(path)) {
    for (const line of lines) {
      if (!line.terminated) {
        const recovery = recoverTail(line, checker.head());
        note(recovery.head);
        return { ...recovery, hashes };
      }
      checker.add(parseLine(line.bytes));
      const problem = problems[0] ?? checker.finish()[0];
      if (problem !== undefined) throw broken(path, problem);
      note(checker.head());
      size = line.offset + line.bytes.length + 1;
    }
  }
  return { head: checker.head(), size, hashes };
}

/** A last line that is whole and follows lacks only its line feed; anything else is cut. */
function recoverTail(line: RawLine, head: LedgerHead): Omit<Recovery, 'hashes'> {
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
