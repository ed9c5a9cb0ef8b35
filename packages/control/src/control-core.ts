import { LedgerError, type Ledger } from '@aftertrace/ledger';
import type { Actor, LedgerEntry } from '@aftertrace/schema';

import { createSeparation, type Separation } from './access/separation.ts';
import type { TokenBook } from './access/token-book.ts';
import {
  readEntry,
  type AuditDataOf,
  type ControlAuditType,
  type ControlEntry,
} from './audit-data.ts';
import { ControlModel } from './control-model.ts';
import { refuse, type ControlResult } from './control-problem.ts';
import type { DetailStore } from './detail-store.ts';
import type { InstanceRegistry } from './instance-registry.ts';
import type { ContainmentReserve } from './containment-reserve.ts';
import { appendSealed, createSealingAppend } from './sealing-append.ts';
import { hasTexts, openTexts } from './sealed-texts.ts';
import type { ReadPolicyKeys } from './policy-actions.ts';
import { createKeyedQueue, type KeyedQueue } from './keyed-queue.ts';
import { orphans, provisional, writeSoon } from './record-urgent.ts';
import type { Timers } from './timers.ts';
import { createUnsealedFacts, type UnsealedFacts } from './unsealed-facts.ts';

/** Who writes where no person and no agent did. */
export const SYSTEM_ACTOR: Actor = {
  kind: 'system',
  id: 'aftertrace/control',
  assurance: 'asserted',
};

/** For people, on the companion's own output; never contains tokens or arguments. */
export type ControlLog = (level: 'info' | 'warn' | 'error', message: string) => void;

export interface ControlCoreOptions {
  readonly ledger: Ledger;
  readonly registry: InstanceRegistry;
  readonly details: DetailStore;
  readonly now: () => number;
  readonly randomId: () => string;
  readonly log: ControlLog;
  /** Present: only policies that these keys signed are published. */
  readonly readPolicyKeys?: ReadPolicyKeys | undefined;
  readonly ackTimeoutMillis: number;
  /** A process that is away for so long is taken as gone. */
  readonly absenceGraceMillis: number;
  readonly tokens: TokenBook;
  /** Whether nobody may end what they began. */
  readonly separateDuties: boolean;
  readonly timers: Timers;
  /** Agents that work without a guard, as telemetry says. */
  readonly unguardedAgents: () => readonly string[];
  /** A ledger that takes longer does not hold up a containment. */
  readonly sealTimeoutMillis: number;
}

/** What takes effect whether or not the ledger can be written: orders to stop, and the proof of them. */
export type UrgentType =
  | 'containment.requested'
  | 'containment.effective'
  | 'containment.unreachable';

/** What all actions of the control plane share: the state, and the one way to change it. */
export interface ControlCore extends ControlCoreOptions {
  readonly model: ControlModel;
  readonly queue: KeyedQueue;
  /**
   * Seals a fact, then applies it to the state: nothing changes that is not on disk.
   *
   * @throws LedgerError where it could not be sealed; the state is then as before.
   */
  readonly record: <T extends ControlAuditType>(
    type: T,
    data: AuditDataOf<T>,
    actor?: Actor,
  ) => Promise<void>;
  /** Refuses the second hand of an act where it is the first one's. */
  readonly separation: Separation;
  /** Called after tokens have changed. Set once, by the plane. */
  tokensChanged: () => void;
  /**
   * As `record`, for orders to stop: where the ledger cannot be written, or does not answer in time, the fact takes effect
   * all the same and is sealed when that is possible. An order is then kept in the reserve, so that a restart knows it.
   *
   * @throws LedgerError where that is not possible either: too many facts wait, or the ledger has been closed.
   */
  readonly recordUrgent: <T extends UrgentType>(
    type: T,
    data: AuditDataOf<T>,
    actor?: Actor,
  ) => Promise<void>;
  /** Takes over what an earlier process had kept and could not seal. After `replay`. */
  readonly restore: (reserve: ContainmentReserve) => void;
  /** What is in force and not in the ledger. */
  readonly unsealed: UnsealedFacts;
  /** Called when such a fact is in the ledger at last. Set once, by the plane. */
  onSealed: () => void;
  /** Called after each fact, in order. Set once, by the plane. */
  onRecorded: (entry: ControlEntry) => void;
  /** When the companion began to listen: before, nobody could be late. Set once, by the plane. */
  startedAtMillis: number;
  /** Reads the state back from the ledger. */
  readonly replay: () => Promise<void>;
  /** The time as records write it. */
  readonly timestamp: () => string;
}

export function createControlCore(options: ControlCoreOptions): ControlCore {
  const { now, log } = options;
  const model = new ControlModel();
  const timestamp = (): string => new Date(now()).toISOString();
  const append = createSealingAppend(options);
  const unsealed = createUnsealedFacts({
    ...options,
    append: async (input) => appendSealed(options, input),
    timestamp,
    onSealed: (entry) => {
      model.sealed(typed(entry));
      core.onSealed();
    },
  });
  const adopt = (entry: ControlEntry): void => {
    model.apply(entry);
    core.onRecorded(entry);
  };
  const core: ControlCore = {
    ...options,
    model,
    unsealed,
    queue: createKeyedQueue(),
    separation: createSeparation(options.separateDuties, options.tokens),
    tokensChanged: () => undefined,
    onRecorded: () => undefined,
    onSealed: () => undefined,
    startedAtMillis: 0,
    timestamp,
    record: async (type, data, actor = SYSTEM_ACTOR) => {
      // What is in force already comes first in the ledger too, so that its fold is what happened.
      while (unsealed.size() > 0) await unsealed.seal();
      const { at, seq } = await append({ at: timestamp(), actor, type, data });
      adopt({ type, seq, at, actor, data } as unknown as ControlEntry);
    },
    recordUrgent: async (type, data, actor = SYSTEM_ACTOR) => {
      const fact = { type, data, actor, appliedAt: timestamp() };
      const failure = await writeSoon(core, fact, ({ seq, at }) =>
        adopt({ type, seq, at, actor, data } as unknown as ControlEntry),
      );
      if (failure === undefined) return;
      adopt(provisional(core, fact));
      unsealed.add(fact, failure.attempt);
      log('error', `audit ledger: ${type} is in force and NOT sealed: ${failure.reason}`);
      if (type === 'containment.requested' && !(await unsealed.keep(fact)))
        log('error', 'this order could not be kept on disk: a restart would forget it');
    },
    restore: (reserve) => {
      unsealed.use(reserve);
      for (const fact of orphans(core, reserve)) {
        model.apply(provisional(core, fact));
        unsealed.add(fact);
      }
      const { damaged } = reserve.left;
      if (damaged > 0) log('error', `${damaged} orders that were kept cannot be read and are lost`);
    },
    replay: async () => replay(core),
  };
  return core;
}

async function replay({ ledger, model, details }: ControlCore): Promise<void> {
  for await (const { instance, sequence } of ledger.carriedEvidence())
    model.evidence.set(instance, sequence);
  for await (const entry of ledger.entries()) {
    const read = readEntry(entry);
    if (read !== undefined) model.apply(await opened(details, read));
  }
}

/** With its texts, as far as they were not destroyed. */
export async function opened<T extends ControlEntry>(
  details: Pick<DetailStore, 'getText'>,
  entry: T,
): Promise<T> {
  if (!hasTexts(entry.type)) return entry;
  const data = await openTexts(details, entry.type, entry.data);
  return { ...entry, data };
}

/** The entry as the control plane's own; it wrote it, so it can read it. */
function typed(entry: LedgerEntry): ControlEntry {
  const read = readEntry(entry);
  if (read === undefined) {
    throw new Error(`an audit entry of type ${entry.type} cannot be read back`);
  }
  return read;
}

/** Runs an action that records; a ledger that cannot be written is a refusal, since nothing was changed. */
export async function recording<T>(
  core: ControlCore,
  action: () => Promise<ControlResult<T>>,
): Promise<ControlResult<T>> {
  try {
    return await action();
  } catch (error) {
    if (!LedgerError.is(error)) throw error;
    core.log('error', `audit ledger: ${error.message}`);
    return refuse(
      'ledger_unavailable',
      `This could not be recorded in the audit ledger (${error.code}), so it was not done. Repair the ledger's disk and try again.`,
    );
  }
}
