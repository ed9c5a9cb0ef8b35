import { EMPTY_HEAD, type Ledger } from '@aftertrace/ledger';
import type { LedgerEntry } from '@aftertrace/schema';

import { createTokenBook } from '../access/token-book.ts';
import { createControlCore, type ControlCore } from '../control-core.ts';
import { createInstanceRegistry } from '../instance-registry.ts';

/** A ledger in memory that refuses some of the appends, as a full disk does. */
export function memoryLedger(fails: () => boolean): Ledger {
  const entries: LedgerEntry[] = [];
  return {
    append: async (input) => {
      await Promise.resolve();
      if (fails())
        throw Object.assign(new Error('full'), { [Symbol.for('aftertrace.ledger.error')]: true });
      const { hash } = EMPTY_HEAD;
      const entry: LedgerEntry = {
        ...structuredClone(input),
        seq: entries.length,
        prevHash: hash,
        hash,
      };
      entries.push(entry);
      return entry;
    },
    head: () => EMPTY_HEAD,
    entries: async function* () {
      yield* entries;
    },
    close: async () => undefined,
  };
}

/** What surrounds a core: its clock, and whether its disk is full. */
export interface World {
  nowMillis: number;
  /** How many ids processes have made. */
  ids: number;
  /** How many ids the companion has made, over all its starts. */
  companionIds: number;
  failing: boolean;
}

/** A core over a ledger that may hold entries already: `replay` reads them. */
export function startCore(world: World, ledger: Ledger): ControlCore {
  const now = (): number => world.nowMillis;
  const details = new Map<string, unknown>();
  return createControlCore({
    ledger,
    now,
    registry: createInstanceRegistry({ now, pollLivenessMillis: 1_000 }),
    details: {
      put: async (value) => {
        const id = `sha256:${JSON.stringify(value)}`;
        details.set(id, value);
        return id;
      },
      get: async (id) => details.get(id),
      destroy: async (id) => details.delete(id),
    },
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
