import { LedgerError } from '@aftertrace/ledger';
import type { Actor, LedgerEntry, LedgerEntryInput } from '@aftertrace/schema';

import { NO_RESERVE, type ContainmentReserve } from './containment-reserve.ts';
import type { ControlLog } from './control-core.ts';
import type { Timers } from './timers.ts';

/** A fact that is in force and is not, or not yet, in the ledger. */
export interface UnsealedFact {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly actor: Actor;
  /** Since when it is in force. */
  readonly appliedAt: string;
}

export interface UnsealedFactsOptions {
  /** Writes into the ledger. */
  readonly append: (input: LedgerEntryInput) => Promise<LedgerEntry>;
  readonly timers: Timers;
  readonly log: ControlLog;
  /** The time as records write it. */
  readonly timestamp: () => string;
  /** One of them is in the ledger now. */
  readonly onSealed: (entry: LedgerEntry) => void;
}

/**
 * The facts that took effect although the ledger could not be written, in their order. They are written as soon as it
 * can be, before anything else that the control plane writes, and tried again every second until then.
 */
export interface UnsealedFacts {
  readonly size: () => number;
  /** There is no room for another. */
  readonly isFull: () => boolean;
  /** @param attempt A write of it that has not come to its end; what comes of it is waited for before it is written again. */
  readonly add: (fact: UnsealedFact, attempt?: Promise<LedgerEntry>) => void;
  /** Resolves with true once the fact could be kept on disk, outside the ledger. */
  readonly keep: (fact: UnsealedFact) => Promise<boolean>;
  /**
   * Writes them all.
   *
   * @throws LedgerError where the ledger still refuses; what could not be written stays.
   */
  readonly seal: () => Promise<void>;
  /** From now on orders are kept here until they are sealed. */
  readonly use: (reserve: ContainmentReserve) => void;
  readonly close: () => Promise<void>;
}

const MAX_UNSEALED = 10_000;
const RETRY_MILLIS = 1_000;

export function createUnsealedFacts(options: UnsealedFactsOptions): UnsealedFacts {
  return new Unsealed(options);
}

interface Waiting {
  readonly fact: UnsealedFact;
  attempt: Promise<LedgerEntry> | undefined;
}

class Unsealed implements UnsealedFacts {
  readonly #options: UnsealedFactsOptions;
  #reserve: ContainmentReserve = NO_RESERVE;
  #waiting: Waiting[] = [];
  #sealing: Promise<void> | undefined;
  #callOff: () => void = () => undefined;
  #isClosed = false;

  constructor(options: UnsealedFactsOptions) {
    this.#options = options;
  }

  size = (): number => this.#waiting.length;

  isFull = (): boolean => this.#waiting.length >= MAX_UNSEALED;

  add = (fact: UnsealedFact, attempt?: Promise<LedgerEntry>): void => {
    attempt?.catch(() => undefined); // Looked at when its turn comes.
    this.#waiting.push({ fact, attempt });
    this.#later();
  };

  keep = async (fact: UnsealedFact): Promise<boolean> => this.#reserve.keep(fact);

  use = (reserve: ContainmentReserve): void => {
    this.#reserve = reserve;
  };

  seal = async (): Promise<void> => {
    this.#sealing ??= this.#sealAll().finally(() => {
      this.#sealing = undefined;
    });
    return this.#sealing;
  };

  close = async (): Promise<void> => {
    this.#isClosed = true;
    this.#callOff();
    await this.#sealing?.catch(() => undefined);
    await this.#reserve.close();
  };

  async #sealAll(): Promise<void> {
    if (this.#waiting.length === 0) return;
    let count = 0;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const entry = await this.#sealOne(next);
      this.#waiting.shift();
      count += 1;
      this.#options.onSealed(entry);
    }
    await this.#reserve.clear();
    this.#options.log('info', `audit ledger: ${count} facts that were in force are sealed now`);
  }

  async #sealOne(waiting: Waiting): Promise<LedgerEntry> {
    const { append, timestamp } = this.#options;
    const { attempt, fact } = waiting;
    waiting.attempt = undefined;
    const late = await attempt?.catch(() => undefined);
    if (late !== undefined) return late;
    const { type, actor, appliedAt } = fact;
    const data = { ...fact.data, appliedAt };
    return append({ at: timestamp(), actor, type, data });
  }

  #later(): void {
    if (this.#isClosed) return;
    this.#callOff();
    this.#callOff = this.#options.timers.after(RETRY_MILLIS, () => {
      this.seal().catch((error: unknown) => {
        const reason = LedgerError.is(error) ? error.message : String(error);
        const facts = `${this.#waiting.length} facts are in force and not sealed`;
        this.#options.log('error', `audit ledger: ${facts}: ${reason}`);
        this.#later();
      });
    });
  }
}
