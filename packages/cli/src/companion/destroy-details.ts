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
  const { ledger, details, subject, holds } = work;
  const found = new Set<string>();
  const kept = new Set<string>();
  for await (const entry of ledger.entries()) {
    const facts = factsOf(entry.data);
    if (facts.digests.length === 0) continue;
    // What a held entry points to is kept for every other entry that points to it, too.
    const isHeld = holds.some((hold) => holdsEntry(hold, entry, facts));
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
  readonly runs: readonly string[];
}

const DETAIL_FIELDS: ReadonlySet<string> = new Set(['argumentsDigest', 'resultDigest']);

function factsOf(data: LedgerEntry['data']): Facts {
  const digests: string[] = [];
  const texts = new Set<string>();
  const runs: string[] = [];
  const walk = (value: unknown, name: string): void => {
    if (typeof value === 'string') {
      texts.add(value);
      if (DETAIL_FIELDS.has(name)) digests.push(value);
      if (name === 'run') runs.push(value);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) walk(member, key);
    }
  };
  walk(data, '');
  return { digests, texts, runs };
}

function isAbout(subject: Subject, facts: Facts): boolean {
  if (facts.texts.has(subject.id)) return true;
  return subject.kind === 'run' && facts.runs.some((run) => isTrajectory(run, subject.id));
}

function isTrajectory(run: string, id: string): boolean {
  // Where the run's id is known, it alone makes the id of its trajectory.
  return trajectoryId({ runId: run, traceId: '', rootSpanId: '' }) === id;
}

function holdsEntry({ selector }: LegalHold, { at }: LedgerEntry, facts: Facts): boolean {
  const { trajectoryIds = [], conversation, time } = selector;
  if (conversation !== undefined && facts.texts.has(conversation)) return true;
  if (trajectoryIds.some((id) => facts.runs.some((run) => isTrajectory(run, id)))) return true;
  if (time === undefined) return false;
  return at >= (time.from ?? at) && at <= (time.until ?? at);
}
