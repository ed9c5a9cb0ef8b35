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
  /** Trajectories that were erased as the subject's. */
  readonly erasedRuns?: readonly string[];
}

/** What became of the values that the audit log has the digests of. */
export interface DestroyedDetails {
  readonly destroyed: number;
  /** Kept by a legal hold. */
  readonly held: number;
  /** Digests of those that are destroyed. */
  readonly digests: ReadonlySet<string>;
}

/**
 * Destroys arguments, results and texts of people that the audit log points to in entries about a subject. The entries stay: they hold
 * digests, and their chain does not break.
 */
export async function destroyDetailsOf(work: DestroyWork): Promise<DestroyedDetails> {
  const { ledger, details, subject, holds, heldRuns, erasedRuns = [] } = work;
  const found = new Set<string>();
  const kept = new Set<string>();
  for await (const entry of ledger.entries()) {
    const facts = factsOf(entry);
    if (facts.digests.length === 0) continue;
    // What a held entry points to is kept for every other entry that points to it, too.
    const isHeld =
      heldRuns.some((id) => facts.isOfRun(id)) ||
      holds.some((hold) => holdsEntry(hold, entry, facts));
    const isTheirs = isAbout(subject, facts, erasedRuns);
    for (const digest of facts.digests) {
      if (isHeld) kept.add(digest);
      if (isTheirs) found.add(digest);
    }
  }
  let destroyed = 0;
  const gone = new Set([...found].filter((digest) => !kept.has(digest)));
  for (const digest of gone) if (await details.destroy(digest)) destroyed += 1;
  return { destroyed, held: found.size - gone.size, digests: gone };
}

/** An entry about a person is one by a person of exactly that id, or of a run that was erased as theirs. */
function isAbout({ kind, id }: Subject, facts: EntryFacts, erasedRuns: readonly string[]): boolean {
  if (erasedRuns.some((run) => facts.isOfRun(run))) return true;
  switch (kind) {
    case 'conversation':
      return facts.conversations.has(id);
    case 'person':
      return facts.people.has(id);
    case 'run':
      return facts.runs.has(id) || facts.isOfRun(id);
  }
}
