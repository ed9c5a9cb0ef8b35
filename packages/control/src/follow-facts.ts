import type { ControlEntry } from './audit-data.ts';
import type { ContainmentWaiters } from './containment-waiters.ts';
import type { DueWork } from './due-work.ts';
import { onceATurn } from './once-a-turn.ts';
import type { StreamHub } from './stream-hub.ts';
import { tellListeners, type Told } from './tell-listeners.ts';

/** Who is to know of a fact once it has been recorded. */
export interface Followers {
  /** Those who compose the companion, and what is known by then. */
  readonly told: Told;
  readonly hub: Pick<StreamHub, 'stateChanged' | 'answered'>;
  readonly waiters: Pick<ContainmentWaiters, 'changed'>;
  readonly due: Pick<DueWork, 'schedule' | 'advance'>;
  /** Called with what a listener threw. */
  readonly onThrown: (error: unknown) => void;
}

/** Lets agents, listeners and those who wait know what has been recorded. */
export interface FactFollower {
  /** Of each fact, in order, after it was applied. */
  readonly recorded: (entry: ControlEntry) => void;
  /** A fact that was in force is in the ledger now. */
  readonly sealed: () => void;
  /** Tells at once what it would tell at the end of this turn of the event loop. */
  readonly flush: () => void;
}

export function createFactFollower(followers: Followers): FactFollower {
  return new Follower(followers);
}

class Follower implements FactFollower {
  readonly #followers: Followers;
  readonly #followUp = onceATurn(() => this.#follow());
  /** The last proof of each containment that its listeners have not heard of. */
  readonly #proven = new Map<string, ControlEntry>();
  #sentRevision: number | undefined;

  constructor(followers: Followers) {
    this.#followers = followers;
  }

  recorded = (entry: ControlEntry): void => {
    this.#sendState();
    this.#sendMessages(entry);
    if (/^(?:rollback\.requested|override)/.test(entry.type)) void this.#followers.due.advance();
    if (/^(?:containment\.|approval\.|quarantine\.|override|decision)/.test(entry.type)) {
      this.#followUp.ask();
    }
    // Of a thousand processes that prove a containment at once its listeners hear once.
    if (entry.type === 'containment.effective') this.#proven.set(entry.data.containment, entry);
    else this.#tell(entry);
  };

  sealed = (): void => {
    this.#sendState();
    this.#followers.waiters.changed();
  };

  flush = (): void => this.#followUp.flush();

  /** The processes that have something new to act on. */
  #sendMessages(entry: ControlEntry): void {
    const { hub, told } = this.#followers;
    if (entry.type === 'override' && entry.data.approval !== undefined) {
      const approval = told.model.approvals.get(entry.data.approval);
      if (approval !== undefined) hub.answered(approval.request.instance);
    }
    if (entry.type === 'override' && entry.data.performer !== undefined) {
      hub.answered(entry.data.performer);
    }
    if (entry.type === 'approval.resumed') hub.answered(entry.data.request.instance);
  }

  #sendState(): void {
    const { hub, told } = this.#followers;
    const { revision } = told.model;
    if (revision === this.#sentRevision) return;
    this.#sentRevision = revision;
    hub.stateChanged();
  }

  /** What follows from all the facts of a turn. */
  #follow(): void {
    this.#followers.waiters.changed();
    this.#followers.due.schedule();
    const proven = [...this.#proven.values()];
    this.#proven.clear();
    for (const entry of proven) this.#tell(entry);
  }

  #tell(entry: ControlEntry): void {
    try {
      tellListeners(entry, this.#followers.told);
    } catch (error) {
      this.#followers.onThrown(error);
    }
  }
}
