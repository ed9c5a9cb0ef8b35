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
 * Destroys arguments, results and texts of people that the audit log points to in entries about a subject. The entries stay:
 * they hold digests, and their chain does not break. Of a person who only decided, ordered or answered, the words go; what
 * the agent worked with is not theirs.
 */
export async function destroyDetailsOf(work: DestroyWork): Promise<DestroyedDetails> {
  const { ledger, details, subject, holds, heldRuns, erasedRuns = [] } = work;
  const found = new Set<string>();
  const kept = new Set<string>();
  for await (const entry of ledger.entries()) {
    const facts = factsOf(entry);
    const { texts, values } = facts;
    if (texts.length + values.length === 0) continue;
    // What a held entry points to is kept for every other entry that points to it, too.
    const isHeld =
      heldRuns.some((id) => facts.isOfRun(id)) ||
      holds.some((hold) => holdsEntry(hold, entry, facts));
    if (isHeld) for (const id of [...texts, ...values]) kept.add(id);
    for (const id of theirs(subject, facts, erasedRuns)) found.add(id);
  }
  const gone = new Set([...found].filter((id) => !kept.has(id)));
  let destroyed = 0;
  for (const id of gone) if (await details.destroy(id)) destroyed += 1;
  const there = new Set((await details.list()).map(({ id }) => id));
  const held = [...found].filter((id) => kept.has(id) && there.has(id)).length;
  return { destroyed, held, digests: gone };
}

/** What an entry points to that goes with a subject. */
function theirs(
  { kind, id }: Subject,
  facts: EntryFacts,
  erasedRuns: readonly string[],
): readonly string[] {
  const { texts, values } = facts;
  const all = [...texts, ...values];
  if (erasedRuns.some((run) => facts.isOfRun(run))) return all;
  switch (kind) {
    case 'conversation':
      return facts.conversations.has(id) ? all : [];
    case 'person':
      // By exactly their id.
      if (facts.subjects.has(id)) return all;
      return facts.people.has(id) ? texts : [];
    case 'run':
      return facts.runs.has(id) || facts.isOfRun(id) ? all : [];
  }
}
