import { canonicalJson, LedgerEntry, sha256Hex, type LedgerEntryInput } from '@aftertrace/schema';

import { canonicalCopy, type CanonicalCopy } from './canonical-copy.ts';
import { LedgerError } from './ledger-error.ts';
import { isPlainInput } from './plain-entry.ts';

/** The `prevHash` of the first entry of a chain. */
export const GENESIS_HASH = '0'.repeat(64);

/** Where a chain ends: the next entry has `seq + 1` and `prevHash` = `hash`. An empty chain has seq -1. */
export interface LedgerHead {
  readonly seq: number;
  readonly hash: string;
}

/** The head of a chain without entries. */
export const EMPTY_HEAD: LedgerHead = { seq: -1, hash: GENESIS_HASH };

/** An input as it was when it was given: what the caller changes later is not what is sealed. */
export interface FrozenInput {
  readonly parts: LedgerEntryInput;
  /** The line up to the hash. */
  readonly before: string;
  /** The type as JSON. */
  readonly type: string;
  /** About as many as the line will have. */
  readonly bytes: number;
}

export interface SealedLine {
  readonly line: string;
  readonly head: LedgerHead;
  readonly entry: LedgerEntry;
}

const Input = LedgerEntry.pick({ at: true, actor: true, type: true, data: true });

/** @throws LedgerError `entry_invalid` for what the schema refuses and what has no canonical form. */
export function freezeInput(input: LedgerEntryInput): FrozenInput {
  const { actor, at, data, type } = input;
  let frozen: CanonicalCopy;
  try {
    frozen = canonicalCopy({ actor, at, data, type });
  } catch (cause) {
    throw new LedgerError(
      'entry_invalid',
      `The entry was not recorded: its data has no canonical form (RFC 8785): ${String(cause)}.`,
      { cause },
    );
  }
  if (!isPlainInput(frozen.copy)) return freezeOdd(frozen.copy);
  return frozenFrom(frozen.copy, frozen.text);
}

/** What is not seen to be right at first sight is asked of the schema. */
function freezeOdd(copy: unknown): FrozenInput {
  const parsed = Input.safeParse(copy);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.')}: ${issue.message}`,
    );
    throw new LedgerError('entry_invalid', `The entry was not recorded: ${problems.join('; ')}.`);
  }
  return frozenFrom(parsed.data, canonicalJson(parsed.data));
}

/** @param text The canonical form of the parts; `type` stands last in it. */
function frozenFrom(parts: LedgerEntryInput, text: string): FrozenInput {
  const type = JSON.stringify(parts.type);
  const before = text.slice(0, text.length - TYPE_MEMBER_CHARS - type.length - 1);
  return { parts, before, type, bytes: text.length + 200 };
}

const TYPE_MEMBER_CHARS = ',"type":'.length;

/**
 * Chains an input to a head. The line is the RFC 8785 form of the whole entry, and what the hash covers is that line
 * without its `hash` member: both are composed from the canonical parts in the order that RFC 8785 gives the names,
 * so that verification works on the stored bytes.
 */
export function sealEntry({ parts, before, type }: FrozenInput, head: LedgerHead): SealedLine {
  const seq = head.seq + 1;
  const prevHash = head.hash;
  const after = `,"prevHash":"${prevHash}","seq":${seq},"type":${type}}`;
  const hash = sha256Hex(before + after);
  return {
    line: `${before},"hash":"${hash}"${after}`,
    head: { seq, hash },
    entry: { ...parts, prevHash, seq, hash },
  };
}

const HASH_MEMBER = ',"hash":"';
const PREVIOUS_MEMBER = ',"prevHash":"';
const HASH_CHARS = 64;
const HASH_MEMBER_CHARS = HASH_MEMBER.length + HASH_CHARS + 1;
const AFTER_HASH = /^,"prevHash":"[0-9a-f]{64}","seq":\d{1,16},"type":"(?:[^"\\]|\\.)*"\}$/;

/** True if the `hash` in a stored line is the hash of the rest of its bytes. */
export function hashHolds(line: string): boolean {
  // Quotation marks within texts are escaped: what is found is the last member of this name.
  const at = line.lastIndexOf(PREVIOUS_MEMBER);
  const from = at - HASH_MEMBER_CHARS;
  if (from < 0 || !line.startsWith(HASH_MEMBER, from) || line[at - 1] !== '"') return false;
  const after = line.slice(at);
  if (!AFTER_HASH.test(after)) return false;
  const hash = line.slice(from + HASH_MEMBER.length, at - 1);
  return sha256Hex(line.slice(0, from) + after) === hash;
}
