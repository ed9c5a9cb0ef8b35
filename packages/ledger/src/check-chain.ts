import { isUtf8 } from 'node:buffer';

import { LedgerEntry } from '@aftertrace/schema';

import { isPlainEntry } from './plain-entry.ts';
import { removalIn, type Removal } from './removal.ts';
import { EMPTY_HEAD, hashHolds, type LedgerHead } from './seal-entry.ts';

/**
 * - `altered`: the bytes are not those that were sealed, or the entry does not follow its predecessor.
 * - `missing`: entries between two others, or at the start, are gone.
 * - `reordered`: an entry stands after one that was written later.
 * - `duplicate`: an entry stands in the file twice.
 * - `torn`: the last line is cut short.
 * - `bad_json`, `bad_schema`: the line is no JSON in UTF-8, or no ledger entry.
 * - `truncated`: a checkpoint states more entries than there are.
 * - `replaced`: a checkpoint states another entry: from there on the log was written anew.
 * - `unsigned`: entries at the end that no checkpoint covers.
 * - `bad_checkpoint`: a checkpoint is none, or not signed by a key that counts.
 */
export type LedgerProblemKind =
  | 'altered'
  | 'missing'
  | 'reordered'
  | 'duplicate'
  | 'torn'
  | 'bad_json'
  | 'bad_schema'
  | 'truncated'
  | 'replaced'
  | 'unsigned'
  | 'bad_checkpoint';

/** One thing that is wrong with a ledger. */
export interface LedgerProblem {
  /** The file of checkpoints, where it is about one of those. */
  readonly file?: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** Sequence number it is about, where that is known. */
  readonly seq?: number;
  readonly kind: LedgerProblemKind;
  /** What was expected and what was found; never contains values of the entry. */
  readonly message: string;
}

/** What a line is. */
export type ParsedLine =
  | { readonly ok: true; readonly entry: LedgerEntry }
  | {
      readonly ok: false;
      readonly kind: 'bad_json' | 'bad_schema' | 'altered';
      readonly message: string;
    };

/** Reads one stored line and checks its own hash; its place in the chain is `createChainChecker`'s work. */
export function parseLine(bytes: Buffer): ParsedLine {
  if (!isUtf8(bytes)) return { ok: false, kind: 'bad_json', message: 'the line is not UTF-8' };
  const text = bytes.toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, kind: 'bad_json', message: 'the line is not JSON' };
  }
  if (!isPlainEntry(json)) {
    const parsed = LedgerEntry.safeParse(json);
    if (!parsed.success) {
      const fields = parsed.error.issues.map((issue) => issue.path.join('.') || '(entry)');
      const message = `the line is no ledger entry: see ${fields.join(', ')}`;
      return { ok: false, kind: 'bad_schema', message };
    }
  }
  if (!hashHolds(text)) {
    return { ok: false, kind: 'altered', message: 'the hash is not the hash of this line' };
  }
  return { ok: true, entry: json as LedgerEntry };
}

interface Gap {
  readonly line: number;
  readonly from: number;
  readonly to: number;
}

/** Where a chain begins that does not begin with its first entry. */
interface Beginning {
  readonly line: number;
  readonly seq: number;
  readonly prevHash: string;
  /** Lines before it that cannot be trusted. */
  readonly untrusted: number;
}

/** Follows a chain line by line and names everything that breaks it. */
export interface ChainChecker {
  /** The entry, where the line is a sound one (whatever its place); the problems found at it are added to `problems`. */
  add(line: ParsedLine): LedgerEntry | undefined;
  /** What is known only at the end: the gaps that nothing filled, and no removal accounts for. */
  finish(): readonly LedgerProblem[];
  /** A gap behind the first sound entry: no removal accounts for it, whatever comes. */
  isInterrupted(): boolean;
  /** The last entry in sequence. */
  head(): LedgerHead;
  /** The removal that the chain begins after, by what it says itself; known at the end only. */
  removal(): Removal | undefined;
}

/** @param problem Called for each problem that is certain already. */
export function createChainChecker(problem: (problem: LedgerProblem) => void): ChainChecker {
  return new Checker(problem);
}

class Checker implements ChainChecker {
  readonly #report: (problem: LedgerProblem) => void;
  #line = 0;
  /** The last sound entry in sequence. */
  #head = EMPTY_HEAD;
  /** Lines after it that cannot be trusted: each may stand for one entry, or for none. */
  #untrusted = 0;
  #gaps: Gap[] = [];
  #beginning: Beginning | undefined;
  readonly #removals: Removal[] = [];

  constructor(report: (problem: LedgerProblem) => void) {
    this.#report = report;
  }

  add(line: ParsedLine): LedgerEntry | undefined {
    this.#line += 1;
    if (line.ok) {
      this.#place(line.entry);
      return line.entry;
    }
    this.#untrusted += 1;
    const { kind, message } = line;
    this.#report({ line: this.#line, seq: this.#head.seq + this.#untrusted, kind, message });
    return undefined;
  }

  finish(): readonly LedgerProblem[] {
    const removal = this.removal();
    const missing = this.#gaps.flatMap((gap) => {
      const from = Math.max(gap.from, this.#keptFrom(removal));
      return from > gap.to ? [] : [missingProblem({ ...gap, from })];
    });
    const beginning = this.#beginning;
    if (removal === undefined || beginning === undefined) return missing;
    if (removal.through !== beginning.seq - 1 || removal.hash === beginning.prevHash)
      return missing;
    const message = 'prevHash is not the hash of the last entry that was removed';
    return [{ line: beginning.line, seq: beginning.seq, kind: 'altered', message }, ...missing];
  }

  isInterrupted(): boolean {
    return this.#gaps.some(({ line }) => line !== this.#beginning?.line);
  }

  removal(): Removal | undefined {
    const begins = this.#beginning?.seq ?? 0;
    let latest: Removal | undefined;
    for (const one of this.#removals) {
      if (one.through < begins && one.through >= (latest?.through ?? 0)) latest = one;
    }
    return latest;
  }

  /** The first entry that must be there; those on lines that cannot be trusted are told already. */
  #keptFrom(removal: Removal | undefined): number {
    return removal === undefined ? 0 : removal.through + 1 + (this.#beginning?.untrusted ?? 0);
  }

  head(): LedgerHead {
    return this.#head;
  }

  #place(entry: LedgerEntry): void {
    const next = this.#head.seq + 1;
    if (entry.seq < next) return this.#placeEarlier(entry);
    const from = next + this.#untrusted;
    if (this.#head.seq === -1 && entry.seq > from) {
      const { seq, prevHash } = entry;
      this.#beginning = { line: this.#line, seq, prevHash, untrusted: this.#untrusted };
    }
    const removal = removalIn(entry);
    if (removal !== undefined) this.#removals.push(removal);
    if (entry.seq > from) {
      this.#gaps.push({ line: this.#line, from, to: entry.seq - 1 });
    } else if (entry.seq === next && entry.prevHash !== this.#head.hash) {
      this.#report({
        line: this.#line,
        seq: entry.seq,
        kind: 'altered',
        message: 'prevHash is not the hash of the entry before: one of the two was replaced',
      });
    }
    this.#head = { seq: entry.seq, hash: entry.hash };
    this.#untrusted = 0;
  }

  #placeEarlier(entry: LedgerEntry): void {
    const found = { line: this.#line, seq: entry.seq };
    const gap = this.#gaps.find(({ from, to }) => entry.seq >= from && entry.seq <= to);
    if (gap === undefined) {
      const message = `entry ${entry.seq} stands here again, after entry ${this.#head.seq}`;
      this.#report({ ...found, kind: 'duplicate', message });
      return;
    }
    const { line, from, to } = gap;
    const parts = [
      { line, from, to: entry.seq - 1 },
      { line, from: entry.seq + 1, to },
    ].filter((part) => part.from <= part.to);
    this.#gaps = this.#gaps.flatMap((other) => (other === gap ? parts : [other]));
    const message = `entry ${entry.seq} stands after entry ${this.#head.seq}`;
    this.#report({ ...found, kind: 'reordered', message });
  }
}

function missingProblem({ line, from, to }: Gap): LedgerProblem {
  const which = from === to ? `entry ${from} is` : `entries ${from} to ${to} are`;
  return { line, seq: from, kind: 'missing', message: `${which} missing before this line` };
}
