import { EMPTY_HEAD, type Ledger } from '@aftertrace/ledger';
import type { LedgerEntry } from '@aftertrace/schema';

import { createTokenBook } from '../access/token-book.ts';
import { readEntry } from '../audit-data.ts';
import { createControlCore, type ControlCore } from '../control-core.ts';
import { ControlModel } from '../control-model.ts';
import { createInstanceRegistry } from '../instance-registry.ts';
import { memoryDetails } from './memory-details.ts';
import { NEVER_TRIMMED } from './never-trimmed.ts';

/** A ledger in memory that refuses some of the appends, as a full disk does. Entries can be removed from it. */
export function memoryLedger(fails: () => boolean): Ledger {
  const entries: LedgerEntry[] = [];
  let carried: readonly LedgerEntry[] = [];
  let evidence: ControlModel['evidence'] = new Map();
  let seq = -1;
  return {
    append: async (input) => {
      await Promise.resolve();
      if (fails())
        throw Object.assign(new Error('full'), { [Symbol.for('aftertrace.ledger.error')]: true });
      const { hash } = EMPTY_HEAD;
      const entry: LedgerEntry = {
        ...structuredClone(input),
        seq: (seq += 1),
        prevHash: hash,
        hash,
      };
      entries.push(entry);
      return entry;
    },
    head: () => EMPTY_HEAD,
    entries: async function* () {
      yield* carried;
      yield* entries;
    },
    ...NEVER_TRIMMED,
    carriedEvidence: async function* () {
      const about = { agent: '', at: '2026-11-23T10:00:00.000Z' };
      for (const [instance, sequence] of evidence) yield { ...about, instance, sequence };
    },
    trim: async ({ through, carry }) => {
      const going = [...carried, ...entries.filter((entry) => entry.seq <= through)];
      const model = new ControlModel();
      for (const [instance, sequence] of evidence) model.evidence.set(instance, sequence);
      for (const entry of going.map(readEntry)) if (entry !== undefined) model.apply(entry);
      ({ evidence } = model);
      carried = await carry(
        () => each(going),
        () => each(entries.filter((entry) => entry.seq > through)),
      );
      const removed = entries.findLastIndex((entry) => entry.seq <= through) + 1;
      entries.splice(0, removed);
      return { entries: removed, bytesBefore: 0, bytesAfter: 0, carried: carried.length };
    },
    close: async () => undefined,
  };
}

async function* each(entries: readonly LedgerEntry[]): AsyncGenerator<LedgerEntry> {
  yield* entries;
}

/** What surrounds a core: its clock, and whether its disk is full. */
export interface World {
  nowMillis: number;
  /** How many ids processes have made. */
  ids: number;
  /** How many ids the companion has made, over all its starts. */
  companionIds: number;
  failing: boolean;
  /** Values behind digests; they outlive the companion. */
  readonly details: Map<string, unknown>;
}

/** A world in which nothing has happened yet. */
export function newWorld(nowMillis = 1_800_000_000_000): World {
  return { nowMillis, ids: 0, companionIds: 0, failing: false, details: new Map() };
}

/** A core over a ledger that may hold entries already: `replay` reads them. */
export function startCore(world: World, ledger: Ledger): ControlCore {
  const now = (): number => world.nowMillis;
  return createControlCore({
    ledger,
    now,
    registry: createInstanceRegistry({ now, pollLivenessMillis: 1_000 }),
    details: memoryDetails(world.details),
    randomId: () => `${(world.companionIds += 1)}`,
    log: () => undefined,
    ackTimeoutMillis: 5_000,
    tokens: createTokenBook({
      storage: { load: async () => [], save: async () => undefined },
      ownSecret: 'a test secret',
      now: () => 0,
    }),
    separateDuties: false,
    absenceGraceMillis: 3_000,
    timers: { after: () => () => undefined },
    unguardedAgents: () => [],
    sealTimeoutMillis: 2_000,
  });
}
