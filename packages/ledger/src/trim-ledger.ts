import type { Actor, LedgerEntry } from '@aftertrace/schema';

import { createEvidenceCheck, withCarried, type InstanceEvidence } from './check-evidence.ts';
import { LedgerError } from './ledger-error.ts';
import { readCarried, readStored, type LedgerView } from './read-entries.ts';
import { readLineBatches } from './read-lines.ts';
import type { Carried } from './removal.ts';

/** What is to be removed from the beginning of a ledger, and what of it is still needed. */
export interface TrimRequest {
  /** `seq` of the last entry that goes; those before it go too. */
  readonly through: number;
  readonly actor: Actor;
  /** By what rule, for people; it is written down. */
  readonly policy: Readonly<Record<string, unknown>>;
  /**
   * Of the entries that go, those that are still needed, in their order: they are carried over as they are. What was
   * carried over before is among those that go. Both may be read more than once.
   */
  readonly carry: (
    going: () => AsyncIterable<LedgerEntry>,
    staying: () => AsyncIterable<LedgerEntry>,
  ) => Promise<readonly LedgerEntry[]>;
}

/** What a removal came to. */
export interface TrimResult {
  /** Entries that were removed by it. */
  readonly entries: number;
  /** Bytes of the file before and after. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Entries that were carried over. */
  readonly carried: number;
}

/** The cut through a file. */
export interface Cut {
  /** Of the last entry that goes. */
  readonly hash: string;
  /** Where the first line that stays begins. */
  readonly offset: number;
  /** Entries that go from the file. */
  readonly entries: number;
}

/** @throws LedgerError `trim_refused` where the entry is not in the file. */
export async function findCut(view: LedgerView, through: number): Promise<Cut> {
  let entries = 0;
  for await (const { entry, offset, bytes } of readStored(view)) {
    entries += 1;
    if (entry.seq === through) return { hash: entry.hash, offset: offset + bytes, entries };
  }
  throw new LedgerError(
    'trim_refused',
    `${view.path} has no entry ${through}; nothing was removed.`,
  );
}

/** The entries that go, and what was carried over from those before. */
export async function* goingEntries(
  view: LedgerView,
  through: number,
): AsyncGenerator<LedgerEntry> {
  for await (const { entry } of readCarried(view)) if (entry !== undefined) yield entry;
  for await (const { entry } of readStored(view)) {
    if (entry.seq > through) return;
    yield entry;
  }
}

/** The entries that stay, as far as they were there at the beginning. */
export async function* stayingEntries(
  view: LedgerView,
  through: number,
): AsyncGenerator<LedgerEntry> {
  for await (const { entry } of readStored(view)) if (entry.seq > through) yield entry;
}

/**
 * How long nothing may have come of a process before it is forgotten that everything had come of it. If it lives and sends once
 * more, what came before is told as a gap: that must be as good as impossible.
 */
const FORGOTTEN_AFTER_MILLIS = 400 * 24 * 3600 * 1000;

/** What a removal needs to know of evidence. */
export interface EvidenceAsked {
  /** `seq` of the last entry that goes. */
  readonly through: number;
  readonly nowMillis: number;
}

/**
 * What had arrived of each process until then, but for those of which nothing is missing and nothing has come for more than
 * a year: every process that ever was would be carried on for ever. A gap is never forgotten.
 */
export async function evidenceThrough(
  view: LedgerView,
  { through, nowMillis }: EvidenceAsked,
): Promise<ReadonlyMap<string, InstanceEvidence>> {
  const going = createEvidenceCheck();
  const staying = createEvidenceCheck();
  for await (const { entry } of readStored(view))
    (entry.seq > through ? staying : going).add(entry);
  const carried: Carried[] = [];
  for await (const one of readCarried(view)) if (one.evidence !== undefined) carried.push(one);
  const all = [...withCarried(going.seen, carried)];
  return new Map(
    all.filter(([instance, { sequence, at }]) => {
      if (sequence.missing().length > 0 || staying.seen.has(instance)) return true;
      return !(nowMillis - Date.parse(at) > FORGOTTEN_AFTER_MILLIS);
    }),
  );
}

/** Copies whole lines from one place of a file to another. */
export async function copyLines(
  from: { readonly path: string; readonly start: number; readonly end: number },
  write: (text: string) => Promise<void>,
): Promise<void> {
  if (from.start === from.end) return;
  for await (const lines of readLineBatches(from.path, from))
    await write(lines.map(({ bytes }) => `${bytes.toString('utf8')}\n`).join(''));
}
