import { canonicalJson, LedgerCheckpoint, sha256Hex } from '@aftertrace/schema';
import type { SigningKey } from '@aftertrace/schema/ed25519';

import { GENESIS_HASH, type LedgerHead } from './seal-entry.ts';

/** A checkpoint as it stands in a file. */
export interface CheckpointLine {
  readonly checkpoint: LedgerCheckpoint;
  /** Without line feed. */
  readonly line: string;
}

/** What the next checkpoint's `previous` is. */
export function checkpointHash(last: CheckpointLine | undefined): string {
  return last === undefined ? GENESIS_HASH : sha256Hex(last.line);
}

export interface CheckpointFacts {
  /** The head that is stated; not that of an empty ledger. */
  readonly head: LedgerHead;
  readonly at: string;
  readonly last: CheckpointLine | undefined;
}

/** States a head and signs it. */
export function signCheckpoint(
  { head, at, last }: CheckpointFacts,
  key: SigningKey,
): CheckpointLine {
  const statement = {
    schema_version: 'aftertrace.checkpoint.v1',
    at,
    entries: head.seq + 1,
    hash: head.hash,
    previous: checkpointHash(last),
    keyId: key.keyId,
  } as const;
  const signature = key.sign(canonicalJson(statement));
  const checkpoint: LedgerCheckpoint = { ...statement, signature };
  return { checkpoint, line: canonicalJson(checkpoint) };
}

/** The text that a checkpoint's signature is over. */
export function signedText({ signature: _signature, ...statement }: LedgerCheckpoint): string {
  return canonicalJson(statement);
}

/** Reads a line; undefined for what is none, or not in canonical form. */
export function parseCheckpoint(line: string): CheckpointLine | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    // No checkpoint is what the caller is told; why not is no matter.
    return undefined;
  }
  const parsed = LedgerCheckpoint.safeParse(json);
  if (!parsed.success || canonicalJson(parsed.data) !== line) return undefined;
  return { checkpoint: parsed.data, line };
}
