import { sha256Hex } from '@aftertrace/schema';
import type { PublicKey } from '@aftertrace/schema/ed25519';

import type { LedgerProblem } from './check-chain.ts';
import { parseCheckpoint, signedText, type CheckpointLine } from './checkpoint.ts';
import { GENESIS_HASH, type LedgerHead } from './seal-entry.ts';

/** The lines of one place where checkpoints are kept. */
export interface CheckpointSource {
  /** For people: the file. */
  readonly name: string;
  /** Without line feeds. */
  readonly lines: AsyncIterable<string>;
}

/** Compares a chain, as it is read, with what was signed of it. */
export interface CheckpointCheck {
  /** Checkpoints that can be trusted. */
  readonly trusted: number;
  /** The chain stands here now. */
  reached(head: LedgerHead, line: number): void;
  /** What is known at the end only. */
  finish(head: LedgerHead, line: number): readonly LedgerProblem[];
  /** Entries up to the last one that a trusted checkpoint agrees with. */
  signedEntries(): number;
}

interface Statement {
  readonly source: string;
  readonly line: number;
  readonly entries: number;
  readonly hash: string;
  readonly at: string;
}

/**
 * Reads all checkpoints. Each is trusted for its own signature, or because a trusted one after it has its hash.
 *
 * @param keys Whose signatures count; none: what the checkpoints say is compared, and proves nothing.
 */
export async function readCheckpoints(
  sources: readonly CheckpointSource[],
  keys: readonly PublicKey[],
  report: (problem: LedgerProblem) => void,
): Promise<CheckpointCheck> {
  const statements: Statement[] = [];
  for (const source of sources) {
    const lines: (CheckpointLine | undefined)[] = [];
    for await (const line of source.lines) lines.push(parseCheckpoint(line));
    statements.push(...trustedOf({ name: source.name, lines, keys, report }));
  }
  return createCheck(statements, report);
}

interface Place {
  readonly name: string;
  readonly lines: readonly (CheckpointLine | undefined)[];
  readonly keys: readonly PublicKey[];
  readonly report: (problem: LedgerProblem) => void;
}

function trustedOf({ name, lines, keys, report }: Place): readonly Statement[] {
  const statements: Statement[] = [];
  // From the end: what a trusted checkpoint has the hash of needs no look at its own signature.
  let expected: string | undefined;
  let entriesAfter = Number.POSITIVE_INFINITY;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = index + 1;
    const one = lines[index];
    const problem = problemOf(one, { keys, expected, entriesAfter });
    if (problem !== undefined || one === undefined) {
      report({ file: name, line, kind: 'bad_checkpoint', message: problem ?? NONE });
      expected = undefined;
      continue;
    }
    const { entries, hash, at, previous } = one.checkpoint;
    statements.push({ source: name, line, entries, hash, at });
    expected = previous === GENESIS_HASH ? undefined : previous;
    entriesAfter = entries;
  }
  return statements;
}

const NONE = 'the line is no checkpoint in canonical form';

interface After {
  readonly keys: readonly PublicKey[];
  /** The hash that the checkpoint after it has of the one before, where that one is trusted. */
  readonly expected: string | undefined;
  readonly entriesAfter: number;
}

function problemOf(
  one: CheckpointLine | undefined,
  { keys, expected, entriesAfter }: After,
): string | undefined {
  if (one === undefined) return NONE;
  const { checkpoint, line } = one;
  if (checkpoint.entries > entriesAfter) {
    return `it states ${checkpoint.entries} entries, and a later line ${entriesAfter}`;
  }
  if (keys.length === 0 || sha256Hex(line) === expected) return undefined;
  const key = keys.find(({ keyId }) => keyId === checkpoint.keyId);
  if (key === undefined) return `it names the key ${checkpoint.keyId}, which was not given`;
  if (key.verify(signedText(checkpoint), checkpoint.signature)) return undefined;
  return `its signature is not that of the key ${checkpoint.keyId}`;
}

function createCheck(
  statements: readonly Statement[],
  report: (problem: LedgerProblem) => void,
): CheckpointCheck {
  const bySeq = Map.groupBy(statements, ({ entries }) => entries - 1);
  /** Sources that have been found to tell of another log: one problem each says all. */
  const contradicted = new Set<string>();
  let signed = 0;
  return {
    trusted: statements.length,
    reached: (head, line) => {
      for (const { source, hash, at, entries } of bySeq.get(head.seq) ?? []) {
        if (hash === head.hash) {
          signed = Math.max(signed, entries);
        } else if (!contradicted.has(source)) {
          contradicted.add(source);
          const message = `${source} states another entry here at ${at}: the log was written anew after ${signed === 0 ? 'its beginning' : `entry ${signed - 1}`}`;
          report({ line, seq: head.seq, kind: 'replaced', message });
        }
      }
    },
    finish: (head, line) => {
      const longest = statements.reduce<Statement | undefined>(
        (most, one) => (one.entries > (most?.entries ?? 0) ? one : most),
        undefined,
      );
      if (longest === undefined || longest.entries <= head.seq + 1) return [];
      const { source, entries, at } = longest;
      const message = `${source} states ${entries} entries at ${at}, and the log ends with ${head.seq + 1}: ${entries - head.seq - 1} are cut off`;
      return [{ line: line + 1, seq: head.seq + 1, kind: 'truncated', message }];
    },
    signedEntries: () => signed,
  };
}
