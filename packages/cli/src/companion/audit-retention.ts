import { readHolds } from '@aftertrace/exporter';
import { carriedEntries, carriedEntry, type DetailStore } from '@aftertrace/control';
import type { Ledger, StoredEntry } from '@aftertrace/ledger';
import type { Actor, LegalHold } from '@aftertrace/schema';

import type { Log } from '../terminal/progress-log.ts';
import { factsOf, holdsEntry } from './entry-facts.ts';
import { reasonOf } from './reason-of.ts';

/** How long entries of the audit log are kept. Both absent: for ever. */
export interface AuditRetention {
  readonly maxAgeMillis?: number;
  readonly maxBytes?: number;
}

export interface AuditRetentionOptions {
  readonly ledger: Ledger;
  /** Where the legal holds are. */
  readonly dataDir: string;
  /** Values that the log has the digests of: those that no entry points to any more go with their entries. */
  readonly details: DetailStore;
  readonly retention: AuditRetention;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** Looks after the age and the size of the audit log while a companion runs. */
export interface AuditRetentionJob {
  /** Looks now, and every hour. */
  readonly start: () => void;
  /** Removes what is due. Resolves with the last entry that was removed; never rejects. */
  readonly look: () => Promise<number | undefined>;
  /** Waits for what is under way. */
  readonly stop: () => Promise<void>;
}

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** So many times in the maximum age entries are removed, so that what is carried over is not written every day. */
const STEPS = 30;
/** To what part of its maximum the log is cut. */
const LEFT_OF_MAX = 0.9;
const ACTOR: Actor = { kind: 'system', id: 'aftertrace/retention', assurance: 'asserted' };

export function createAuditRetention(options: AuditRetentionOptions): AuditRetentionJob {
  const { maxAgeMillis, maxBytes } = options.retention;
  let work: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<number | undefined> => {
    if (maxAgeMillis === undefined && maxBytes === undefined) return undefined;
    const looking = work.then(async () => removeDue(options));
    work = looking;
    return looking;
  };
  return {
    look,
    start: () => {
      void look();
      timer = setInterval(() => void look(), HOUR);
      timer.unref();
    },
    stop: async () => {
      clearInterval(timer);
      await work;
    },
  };
}

async function removeDue(options: AuditRetentionOptions): Promise<number | undefined> {
  const { ledger, retention, log } = options;
  try {
    const through = await dueThrough(options);
    if (through === undefined) return undefined;
    const policy = { ...retention };
    const done = await ledger.trim({ through, actor: ACTOR, policy, carry: carriedEntries });
    log(
      'info',
      `audit log: ${done.entries} entries, up to ${through}, were removed by retention; ${done.bytesAfter} bytes are left`,
    );
    const values = await destroyOrphans(options);
    if (values > 0) log('info', `audit log: ${values} values that only those entries pointed to`);
    return through;
  } catch (error) {
    log('error', `audit log: nothing was removed by retention: ${reasonOf(error)}`);
    return undefined;
  }
}

/** The last entry that goes; undefined where none does, or too little is due yet. */
async function dueThrough(options: AuditRetentionOptions): Promise<number | undefined> {
  const { ledger, retention, now, dataDir } = options;
  const { maxAgeMillis = Infinity, maxBytes = Infinity } = retention;
  const total = ledger.bytes();
  const step = Math.max(DAY, maxAgeMillis / STEPS);
  const tooLarge = total > maxBytes;
  // Where the holds are not known, nothing is removed: this rejects.
  const holds = await readHolds(dataDir);
  let through: number | undefined;
  for await (const stored of ledger.stored()) {
    const age = now() - Date.parse(stored.entry.at);
    if (through === undefined && !tooLarge && age < maxAgeMillis + step) return undefined;
    const isDue =
      age > maxAgeMillis || (tooLarge && total - stored.offset > maxBytes * LEFT_OF_MAX);
    if (!isDue || isHeld(stored, holds)) return through;
    through = stored.entry.seq;
  }
  return through;
}

/**
 * Destroys values that no entry points to. One that was written within the last day is left: its entry may be on its way.
 * What a crash keeps from being destroyed goes the next time.
 */
async function destroyOrphans({ ledger, details, now }: AuditRetentionOptions): Promise<number> {
  const pointedTo = new Set<string>();
  for await (const entry of ledger.entries()) {
    const { texts, values } = factsOf(entry);
    for (const id of [...texts, ...values]) pointedTo.add(id);
  }
  let destroyed = 0;
  const untilMillis = now() - DAY;
  for (const { id, sinceMillis } of await details.list()) {
    if (pointedTo.has(id) || sinceMillis > untilMillis) continue;
    if (await details.destroy(id, untilMillis)) destroyed += 1;
  }
  return destroyed;
}

/** A hold keeps an entry and, since the log is removed from its beginning only, all after it. */
function isHeld({ entry }: StoredEntry, holds: readonly LegalHold[]): boolean {
  if (holds.length === 0) return false;
  const facts = factsOf(entry);
  // What was carried over is held for the time at which it was written, too.
  const carried = carriedEntry(entry);
  return holds.some(
    (hold) =>
      holdsEntry(hold, entry, facts) || (carried !== undefined && holdsEntry(hold, carried, facts)),
  );
}
