import { createChainChecker, parseLine, type LedgerProblem } from './check-chain.ts';
import { readLines } from './read-lines.ts';
import type { LedgerHead } from './seal-entry.ts';

export interface LedgerReport {
  readonly ok: boolean;
  /** Sound entries, at whatever place they stand. */
  readonly entries: number;
  /** The last sound entry in sequence; seq -1 and 64 zeros where there is none. */
  readonly head: LedgerHead;
  /** Everything that is wrong, by line; the first thousand. */
  readonly problems: readonly LedgerProblem[];
  /** Problems beyond the first thousand. */
  readonly omitted: number;
}

const MAX_PROBLEMS = 1000;

/**
 * Checks a ledger from its bytes alone and names what is wrong. Entries cut off at the end leave a sound, shorter
 * chain: that is found only against something kept elsewhere, such as a head that was written down.
 *
 * @param source The path of a file, or its lines without their line feeds.
 */
export async function verifyLedger(source: string | AsyncIterable<string>): Promise<LedgerReport> {
  const problems: LedgerProblem[] = [];
  let found = 0;
  const report = (problem: LedgerProblem): void => {
    found += 1;
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  };
  const checker = createChainChecker(report);
  let entries = 0;
  let line = 0;
  for await (const { bytes, terminated } of rawLines(source)) {
    line += 1;
    if (!terminated) {
      const message = 'the last line is cut short, as by a crash in the middle of a write';
      report({ line, kind: 'torn', message });
    } else if (checker.add(parseLine(bytes)) !== undefined) {
      entries += 1;
    }
  }
  checker.finish().forEach(report);
  problems.sort((a, b) => a.line - b.line);
  return {
    ok: found === 0,
    entries,
    head: checker.head(),
    problems,
    omitted: found - problems.length,
  };
}

async function* rawLines(
  source: string | AsyncIterable<string>,
): AsyncGenerator<{ readonly bytes: Buffer; readonly terminated: boolean }> {
  if (typeof source === 'string') {
    yield* readLines(source);
    return;
  }
  for await (const text of source) yield { bytes: Buffer.from(text), terminated: true };
}
