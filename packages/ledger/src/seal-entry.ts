import { canonicalJson, LedgerEntry, sha256Hex, type LedgerEntryInput } from '@aftertrace/schema';

import { LedgerError } from './ledger-error.ts';

/** The `prevHash` of the first entry of a chain. */
export const GENESIS_HASH = '0'.repeat(64);

/** Where a chain ends: the next entry has `seq + 1` and `prevHash` = `hash`. An empty chain has seq -1. */
export interface LedgerHead {
  readonly seq: number;
  readonly hash: string;
}

/** The head of a chain without entries. */
export const EMPTY_HEAD: LedgerHead = { seq: -1, hash: GENESIS_HASH };

/** An input in its canonical parts: taken once, so that what the caller changes later is not what is sealed. */
export interface FrozenInput {
  readonly actor: string;
  readonly at: string;
  readonly data: string;
  readonly type: string;
  readonly bytes: number;
}

export interface SealedLine {
  readonly line: string;
  readonly head: LedgerHead;
}

const Input = LedgerEntry.pick({ at: true, actor: true, type: true, data: true });

/** @throws LedgerError `entry_invalid` for what the schema refuses and what has no canonical form. */
export function freezeInput(input: LedgerEntryInput): FrozenInput {
  const parsed = Input.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.')}: ${issue.message}`,
    );
    throw new LedgerError('entry_invalid', `The entry was not recorded: ${problems.join('; ')}.`);
  }
  try {
    const parts = {
      actor: canonicalJson(parsed.data.actor),
      at: canonicalJson(parsed.data.at),
      data: canonicalJson(parsed.data.data),
      type: canonicalJson(parsed.data.type),
    };
    const chars = parts.actor.length + parts.at.length + parts.data.length + parts.type.length;
    return { ...parts, bytes: chars + 200 };
  } catch (cause) {
    throw new LedgerError(
      'entry_invalid',
      `The entry was not recorded: its data has no canonical form (RFC 8785): ${String(cause)}.`,
      { cause },
    );
  }
}

/**
 * Chains an input to a head. The line is the RFC 8785 form of the whole entry, and what the hash covers is that line
 * without its `hash` member: both are composed from the canonical parts in the order that RFC 8785 gives the names,
 * so that verification works on the stored bytes.
 */
export function sealEntry(input: FrozenInput, head: LedgerHead): SealedLine {
  const seq = head.seq + 1;
  const before = `{"actor":${input.actor},"at":${input.at},"data":${input.data}`;
  const after = `,"prevHash":"${head.hash}","seq":${seq},"type":${input.type}}`;
  const hash = sha256Hex(before + after);
  return { line: `${before},"hash":"${hash}"${after}`, head: { seq, hash } };
}

const TAIL =
  /,"hash":"([0-9a-f]{64})"(,"prevHash":"[0-9a-f]{64}","seq":\d{1,16},"type":"(?:[^"\\]|\\.)*"\})$/;

/** True if the `hash` in a stored line is the hash of the rest of its bytes. */
export function hashHolds(line: string): boolean {
  const tail = TAIL.exec(line);
  if (tail === null) return false;
  return sha256Hex(line.slice(0, tail.index) + (tail[2] ?? '')) === tail[1];
}
