import type { LedgerEntry } from '@aftertrace/schema';
import type { PublicKey } from '@aftertrace/schema/ed25519';

import { createChainChecker, parseLine, type LedgerProblem } from './check-chain.ts';
import {
  readCheckpoints,
  type CheckpointCheck,
  type CheckpointSource,
} from './check-checkpoints.ts';
import { createEvidenceCheck, gapsIn, type EvidenceGap, withCarried } from './check-evidence.ts';
import { readLedgerLines, readLineBatches } from './read-lines.ts';
import { carriedIn, type Carried, type Removal } from './removal.ts';
import type { LedgerHead } from './seal-entry.ts';

export interface LedgerReport {
  /** Nothing is wrong with the log. Says nothing about `gaps`: those were left out before anything was written. */
  readonly ok: boolean;
  /** Sound entries, at whatever place they stand. */
  readonly entries: number;
  /** The last sound entry in sequence; seq -1 and 64 zeros where there is none. */
  readonly head: LedgerHead;
  /** Checkpoints that were signed by a key that counts. Without keys: those that were found. */
  readonly checkpoints: number;
  /** Entries, from the first, that the checkpoints agree with. */
  readonly signedEntries: number;
  /** Everything that is wrong, by line; the first thousand. */
  readonly problems: readonly LedgerProblem[];
  /** Problems beyond the first thousand. */
  readonly omitted: number;
  /** What agent processes numbered as evidence and what is not in the log. */
  readonly gaps: readonly EvidenceGap[];
  /** What the log begins after, where entries were removed from its beginning, as a signed entry in it says. */
  readonly removal?: Removal;
}

/** What a ledger is compared with besides itself. */
export interface VerifyOptions {
  /** Files of checkpoints, or their lines. A file that is not there is an empty one. */
  readonly checkpoints?: readonly (string | CheckpointSource)[];
  /** The public keys whose checkpoints count, older ones too. None: checkpoints are compared and prove nothing. */
  readonly keys?: readonly PublicKey[];
  /** Somebody writes to it at this moment: what is not signed yet is no problem. */
  readonly hasWriter?: boolean;
  /** Called with each sound entry, at whatever place it stands. */
  readonly onEntry?: (entry: LedgerEntry) => void;
}

const MAX_PROBLEMS = 1000;

/**
 * Checks a ledger from its bytes and names what is wrong. Entries cut off at the end, or a chain computed anew, leave a
 * sound chain: those are found against checkpoints, and for certain only against some that were kept elsewhere.
 *
 * @param source The path of a file, or its lines without their line feeds.
 */
export async function verifyLedger(
  source: string | AsyncIterable<string>,
  options: VerifyOptions = {},
): Promise<LedgerReport> {
  const problems: LedgerProblem[] = [];
  let found = 0;
  const report = (problem: LedgerProblem): void => {
    found += 1;
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  };
  const { checkpoints = [], keys = [], hasWriter = false } = options;
  const check = await readCheckpoints(checkpoints.map(sourceOf), keys, report);
  const read = await readChain(source, { check, report, onEntry: options.onEntry });
  const { head, lines, entries, gaps, removal } = read;
  if (removal !== undefined) check.reached({ seq: removal.through, hash: removal.hash }, 1);
  check.finish(head, lines).forEach(report);
  const signedEntries = check.signedEntries();
  if (removal !== undefined && keys.length > 0 && signedEntries <= removal.seq)
    report(unsignedRemoval(removal));
  if (keys.length > 0 && signedEntries <= head.seq && !hasWriter) {
    report(unsigned(signedEntries, head, lines));
  }
  problems.sort((a, b) => (a.file ?? '').localeCompare(b.file ?? '') || a.line - b.line);
  return {
    ok: found === 0,
    entries,
    head,
    checkpoints: check.trusted,
    signedEntries,
    problems,
    omitted: found - problems.length,
    gaps,
    ...(removal === undefined ? {} : { removal }),
  };
}

interface ReadChain {
  readonly head: LedgerHead;
  readonly lines: number;
  readonly entries: number;
  readonly gaps: readonly EvidenceGap[];
  readonly removal: Removal | undefined;
}

interface ChainReader {
  readonly check: CheckpointCheck;
  readonly report: (problem: LedgerProblem) => void;
  readonly onEntry: VerifyOptions['onEntry'];
}

async function readChain(
  source: string | AsyncIterable<string>,
  { check, report, onEntry }: ChainReader,
): Promise<ReadChain> {
  const checker = createChainChecker(report);
  const evidence = createEvidenceCheck();
  const carried: Carried[] = [];
  let entries = 0;
  let lines = 0;
  for await (const batch of batchesOf(source)) {
    for (const { bytes, terminated } of batch) {
      lines += 1;
      if (!terminated) {
        const message = 'the last line is cut short, as by a crash in the middle of a write';
        report({ line: lines, kind: 'torn', message });
        continue;
      }
      const entry = checker.add(parseLine(bytes));
      if (entry === undefined) continue;
      entries += 1;
      evidence.add(entry);
      const over = carriedIn(entry);
      if (over?.evidence !== undefined) carried.push(over);
      onEntry?.(entry);
      const head = checker.head();
      if (head.hash === entry.hash) check.reached(head, lines);
    }
  }
  checker.finish().forEach(report);
  const removal = checker.removal();
  const before = carried.filter(({ trim }) => trim === removal?.trim);
  const gaps = gapsIn(withCarried(evidence.seen, before));
  return { head: checker.head(), lines, entries, gaps, removal };
}

function unsigned(signedEntries: number, head: LedgerHead, line: number): LedgerProblem {
  const seq = signedEntries;
  const which =
    seq === head.seq ? `entry ${seq} is` : `entries ${seq} to ${head.seq}, the last, are`;
  return { line, seq, kind: 'unsigned', message: `${which} covered by no checkpoint that counts` };
}

function unsignedRemoval({ through, seq }: Removal): LedgerProblem {
  const message = `entries 0 to ${through} were removed, and entry ${seq}, which says so, is covered by no checkpoint that counts`;
  return { line: 1, seq, kind: 'unsigned', message };
}

const BATCH_LINES = 256;

interface Line {
  readonly bytes: Buffer;
  readonly terminated: boolean;
}

async function* batchesOf(source: string | AsyncIterable<string>): AsyncGenerator<readonly Line[]> {
  if (typeof source === 'string') {
    yield* readLineBatches(source);
    return;
  }
  let batch: Line[] = [];
  for await (const text of source) {
    batch.push({ bytes: Buffer.from(text), terminated: true });
    if (batch.length < BATCH_LINES) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

function sourceOf(source: string | CheckpointSource): CheckpointSource {
  if (typeof source !== 'string') return source;
  return { name: source, lines: textsOf(source) };
}

async function* textsOf(path: string): AsyncGenerator<string> {
  try {
    yield* readLedgerLines(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
