import { closeSync, openSync } from 'node:fs';

import type { LedgerEntry } from '@aftertrace/schema';

import { readLineBatches } from './read-lines.ts';
import type { LedgerBase } from './recover.ts';
import { carriedIn, type Carried } from './removal.ts';

/** What is on disk of a ledger at one moment. */
export interface LedgerView {
  readonly path: string;
  readonly size: number;
  readonly base: LedgerBase | undefined;
}

/** What `entries` yields; absent fields: all. */
export interface EntryFilter {
  readonly types?: readonly string[];
  /** First sequence number, inclusive. */
  readonly fromSeq?: number;
}

/** An entry and how many bytes of the file its line takes, with its line feed. */
export interface StoredEntry {
  readonly entry: LedgerEntry;
  readonly offset: number;
  readonly bytes: number;
}

/**
 * The entries that were carried over from what was removed, then those in the file, oldest first.
 *
 * @param viewOf Asked at the first read: what takes the file's place afterwards is another file.
 * @param range Up to this entry, inclusive.
 */
export async function* readEntries(
  viewOf: () => LedgerView,
  range: EntryFilter & { readonly throughSeq: number },
): AsyncGenerator<LedgerEntry> {
  const { types, fromSeq = 0, throughSeq } = range;
  const wanted = types === undefined ? undefined : new Set(types);
  for await (const entry of readAll(viewOf)) {
    if (entry.seq > throughSeq) return;
    if (entry.seq < fromSeq) continue;
    if (wanted === undefined || wanted.has(entry.type)) yield entry;
  }
}

async function* readAll(viewOf: () => LedgerView): AsyncGenerator<LedgerEntry> {
  const view = viewOf();
  if (view.size === 0) return;
  // Both are opened now, so that both are the same file.
  let stored: number | undefined = openSync(view.path, 'r');
  try {
    for await (const { entry } of readCarried(view)) if (entry !== undefined) yield entry;
    const fd = stored;
    stored = undefined;
    for await (const { entry } of readOpen(view, fd)) yield entry;
  } finally {
    if (stored !== undefined) closeSync(stored);
  }
}

/** The entries that the file has, in their order; it is opened at the first read. */
export async function* readStored(view: LedgerView): AsyncGenerator<StoredEntry> {
  if (view.size > 0) yield* readOpen(view, openSync(view.path, 'r'));
}

async function* readOpen({ path, size }: LedgerView, fd: number): AsyncGenerator<StoredEntry> {
  for await (const lines of readLineBatches(path, { fd, end: size })) {
    for (const { bytes, offset } of lines) {
      const entry = JSON.parse(bytes.toString('utf8')) as LedgerEntry;
      yield { entry, offset, bytes: bytes.length + 1 };
    }
  }
}

/** What was carried over from entries that the file has no more, in its order. */
export async function* readCarried({ path, base }: LedgerView): AsyncGenerator<Carried> {
  if (base === undefined || base.carriedFrom === base.carriedTo) return;
  const range = { fd: openSync(path, 'r'), start: base.carriedFrom, end: base.carriedTo };
  for await (const lines of readLineBatches(path, range)) {
    for (const { bytes } of lines) {
      // Entries of other kinds may stand between them.
      const carried = carriedIn(JSON.parse(bytes.toString('utf8')) as LedgerEntry);
      if (carried?.trim === base.trim) yield carried;
    }
  }
}
