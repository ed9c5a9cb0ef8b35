import { LedgerError, type Ledger } from '@aftertrace/ledger';
import type { Actor } from '@aftertrace/schema';

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
import { createKeyedQueue, type KeyedQueue } from './keyed-queue.ts';

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
  readonly ackTimeoutMillis: number;
  /** A process that is away for so long is taken as gone. */
  readonly absenceGraceMillis: number;
  readonly tokens: TokenBook;
  /** Whether nobody may end what they began. */
  readonly separateDuties: boolean;
}

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
  const { ledger, now } = options;
  const model = new ControlModel();
  const timestamp = (): string => new Date(now()).toISOString();
  const core: ControlCore = {
    ...options,
    model,
    queue: createKeyedQueue(),
    separation: createSeparation(options.separateDuties, options.tokens),
    tokensChanged: () => undefined,
    onRecorded: () => undefined,
    startedAtMillis: 0,
    timestamp,
    record: async (type, data, actor = SYSTEM_ACTOR) => {
      const entry = readEntry(await ledger.append({ at: timestamp(), actor, type, data }));
      if (entry === undefined)
        throw new Error(`an audit entry of type ${type} cannot be read back`);
      model.apply(entry);
      core.onRecorded(entry);
    },
    replay: async () => {
      for await (const entry of ledger.entries()) {
        const read = readEntry(entry);
        if (read !== undefined) model.apply(read);
      }
    },
  };
  return core;
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
