import { EMPTY_HEAD, LedgerError, type Ledger } from '@aftertrace/ledger';
import type { LedgerEntry } from '@aftertrace/schema';

import { createTokenBook } from '../access/token-book.ts';
import type { ContainmentReserve } from '../containment-reserve.ts';
import { createControlCore, type ControlCore } from '../control-core.ts';
import { createInstanceRegistry } from '../instance-registry.ts';
import { memoryDetails } from './memory-details.ts';
import { NEVER_TRIMMED } from './never-trimmed.ts';

/** Where the companion dies next: before the bytes of a write are on disk, or after them and before anybody hears of it. */
export type Crash = 'before' | 'after';

/** Disks in memory that outlive the companion, which can die in the middle of any write. */
export interface CrashingWorld {
  nowMillis: number;
  /** The ledger's disk refuses; the reserve, which has its room, does not. */
  isFull: boolean;
  /** What becomes of the next write. */
  crash: Crash | undefined;
  readonly entries: LedgerEntry[];
  /** A companion on what the disks hold. */
  readonly boot: () => Promise<ControlCore>;
  /** Resolves when the companion has died. */
  readonly died: () => Promise<void>;
}

export function createCrashingWorld(): CrashingWorld {
  let reserved: unknown[] = [];
  const details = new Map<string, unknown>();
  let ids = 0;
  let dying = Promise.withResolvers<void>();
  const world: CrashingWorld = {
    nowMillis: Date.parse('2026-11-22T10:00:00.000Z'),
    isFull: false,
    crash: undefined,
    entries: [],
    died: async () => dying.promise,
    boot: async () => {
      world.crash = undefined;
      dying = Promise.withResolvers<void>();
      const core = coreOn(world, {
        ledger: ledgerOf(write),
        randomId: () => `${(ids += 1)}`,
        details,
      });
      await core.replay();
      core.restore(reserve());
      return core;
    },
  };
  /** Does what the disk does, unless the companion dies first: then nothing ever comes back. */
  const write = async (action: () => void): Promise<void> => {
    await Promise.resolve();
    const { crash } = world;
    if (crash !== 'before') action();
    if (crash === undefined) return;
    dying.resolve();
    await new Promise(() => undefined);
  };
  const ledgerOf = (write_: typeof write): Ledger => ({
    append: async (input) => {
      const entry: LedgerEntry = {
        ...structuredClone(input),
        seq: -1,
        prevHash: EMPTY_HEAD.hash,
        hash: EMPTY_HEAD.hash,
      };
      const sealed = { ...entry };
      await write_(() => {
        if (world.isFull) throw new LedgerError('ledger_write_failed', 'full');
        sealed.seq = world.entries.length;
        world.entries.push(sealed);
      });
      return sealed;
    },
    head: () => ({ ...EMPTY_HEAD, seq: world.entries.length - 1 }),
    entries: async function* () {
      yield* structuredClone(world.entries);
    },
    ...NEVER_TRIMMED,
    close: async () => undefined,
  });
  const reserve = (): ContainmentReserve => ({
    left: { facts: structuredClone(reserved), damaged: 0 },
    keep: async (fact) => {
      await write(() => reserved.push(structuredClone(fact)));
      return true;
    },
    clear: async () => write(() => (reserved = [])),
    close: async () => undefined,
  });
  return world;
}

function coreOn(
  world: CrashingWorld,
  {
    ledger,
    randomId,
    details,
  }: {
    readonly ledger: Ledger;
    readonly randomId: () => string;
    readonly details: Map<string, unknown>;
  },
): ControlCore {
  const now = (): number => world.nowMillis;
  return createControlCore({
    ledger,
    now,
    randomId,
    registry: createInstanceRegistry({ now, pollLivenessMillis: 1_000_000 }),
    details: memoryDetails(details),
    log: () => undefined,
    ackTimeoutMillis: 5_000,
    absenceGraceMillis: 3_000,
    tokens: createTokenBook({
      storage: { load: async () => [], save: async () => undefined },
      ownSecret: 'a test secret',
      now: () => 0,
    }),
    separateDuties: false,
    timers: { after: () => () => undefined },
    unguardedAgents: () => [],
    sealTimeoutMillis: 2_000,
  });
}
