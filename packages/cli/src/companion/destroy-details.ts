import type { DetailStore } from '@aftertrace/control';
import type { Ledger } from '@aftertrace/ledger';
import type { LegalHold } from '@aftertrace/schema';

import type { Subject } from './data-requests.ts';
import { factsOf, holdsEntry, type EntryFacts } from './entry-facts.ts';

export interface DestroyWork {
  readonly ledger: Ledger;
  readonly details: DetailStore;
  readonly subject: Subject;
  /** Those in force. */
  readonly holds: readonly LegalHold[];
  /** Trajectories that a hold keeps; what the log points to of them is a part of them, whenever it was entered. */
  readonly heldRuns: readonly string[];
}

/** What became of the values that the audit log has the digests of. */
export interface DestroyedDetails {
  readonly destroyed: number;
  /** Kept by a legal hold. */
  readonly held: number;
}

/**
 * Destroys arguments and results that the audit log points to in entries about a subject. The entries stay: they hold
 * digests, and their chain does not break.
 */
export async function destroyDetailsOf(work: DestroyWork): Promise<DestroyedDetails> {
  const { ledger, details, subject, holds, heldRuns } = work;
  const found = new Set<string>();
  const kept = new Set<string>();
  for await (const entry of ledger.entries()) {
    const facts = factsOf(entry.data);
    if (facts.digests.length === 0) continue;
    // What a held entry points to is kept for every other entry that points to it, too.
    const isHeld =
      heldRuns.some((id) => facts.isOfRun(id)) ||
      holds.some((hold) => holdsEntry(hold, entry, facts));
    for (const digest of facts.digests) {
      if (isHeld) kept.add(digest);
      if (isAbout(subject, facts)) found.add(digest);
    }
  }
  let destroyed = 0;
  let held = 0;
  for (const digest of found) {
    if (kept.has(digest)) held += 1;
    else if (await details.destroy(digest)) destroyed += 1;
  }
  return { destroyed, held };
}

function isAbout(subject: Subject, facts: EntryFacts): boolean {
  return facts.texts.has(subject.id) || (subject.kind === 'run' && facts.isOfRun(subject.id));
}
