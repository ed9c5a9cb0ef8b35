import type { DetailStore } from '@aftertrace/control';
import type { Ledger } from '@aftertrace/ledger';
import { trajectoryId, type LedgerEntry, type LegalHold } from '@aftertrace/schema';

import type { Subject } from './data-requests.ts';

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

interface Facts {
  /** Of details, by the names that fields with such digests have. */
  readonly digests: readonly string[];
  readonly texts: ReadonlySet<string>;
  /** Whether it tells of the run whose trajectory has this id. */
  readonly isOfRun: (trajectory: string) => boolean;
}

const DETAIL_FIELDS: ReadonlySet<string> = new Set(['argumentsDigest', 'resultDigest']);

function factsOf(data: LedgerEntry['data']): Facts {
  const digests: string[] = [];
  const texts = new Set<string>();
  const trajectories = new Set<string>();
  const walk = (value: unknown, name: string): void => {
    if (typeof value === 'string') {
      texts.add(value);
      if (DETAIL_FIELDS.has(name)) digests.push(value);
      // Where the run's id is known, it alone makes the id of its trajectory.
      if (name === 'run')
        trajectories.add(trajectoryId({ runId: value, traceId: '', rootSpanId: '' }));
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) walk(member, key);
    }
  };
  walk(data, '');
  return { digests, texts, isOfRun: (trajectory) => trajectories.has(trajectory) };
}

function isAbout(subject: Subject, facts: Facts): boolean {
  return facts.texts.has(subject.id) || (subject.kind === 'run' && facts.isOfRun(subject.id));
}

function holdsEntry({ selector }: LegalHold, { at }: LedgerEntry, facts: Facts): boolean {
  const { trajectoryIds = [], conversation, time } = selector;
  if (conversation !== undefined && facts.texts.has(conversation)) return true;
  if (trajectoryIds.some((id) => facts.isOfRun(id))) return true;
  if (time === undefined) return false;
  // As times, not as texts: one may be written without seconds, the other with milliseconds.
  const atMillis = Date.parse(at);
  return atMillis >= Date.parse(time.from ?? at) && atMillis <= Date.parse(time.until ?? at);
}
