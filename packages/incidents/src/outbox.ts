import type { AppendFile } from './append-file.ts';
import type { DeliveryResult, Destination } from './destination.ts';
import type { Notice } from './notice.ts';
import type { OpenedOutboxFile, PendingNotice } from './outbox-file.ts';
import { retryDelayMillis } from './retry-schedule.ts';
import type { Scheduler } from './scheduler.ts';

const MAX_CONCURRENT = 4;
const MAX_PENDING = 10_000;

/** A notice that left the outbox, one way or the other. */
export interface Settled {
  readonly notice: Notice;
  readonly destination: string;
  readonly delivered: boolean;
  readonly attempts: number;
  /** Why it was given up. */
  readonly reason?: string;
  readonly externalId?: string;
}

/** What an outbox has done, for `/metrics` and tests. */
export interface OutboxCounts {
  readonly pending: number;
  readonly delivered: number;
  readonly failedAttempts: number;
  readonly dead: number;
  /** Count updates that a newer one replaced before it was sent. */
  readonly coalesced: number;
}

/**
 * What is still to be told to one destination. Notices of one incident leave strictly in order, those of different incidents
 * side by side; what was accepted is on disk and survives a restart.
 */
export interface Outbox {
  readonly destination: string;
  /** When this destination was first known: what happened before is not told to it. */
  readonly createdAt: string;
  /** Resolves when the notice is on disk. A key that is already waiting is not taken twice. */
  enqueue(notice: Notice): Promise<void>;
  isPending(key: string): boolean;
  counts(): OutboxCounts;
  /** Starts sending. */
  start(): void;
  /** Resolves when nothing is being sent and nothing is due now. */
  idle(): Promise<void>;
  /** Stops sending (attempts under way are called off) and closes the files. */
  close(): Promise<void>;
}

interface OutboxOptions {
  readonly destination: Destination;
  readonly opened: OpenedOutboxFile;
  readonly now: () => number;
  readonly schedule: Scheduler;
  /** In 0..1. */
  readonly random: () => number;
  /** Durable before the notice is taken out of the file. */
  readonly onSettled: (settled: Settled) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

class DurableOutbox implements Outbox {
  readonly destination: string;
  readonly createdAt: string;
  readonly #options: OutboxOptions;
  readonly #file: AppendFile;
  readonly #deadLetters: AppendFile;
  /** Waiting notices by incident, oldest first. */
  readonly #lanes = new Map<string, PendingNotice[]>();
  readonly #keys = new Set<string>();
  readonly #sending = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  #disabled: boolean;
  #started = false;
  /** The receiver asked everyone to wait until then. */
  #notBefore = 0;
  #cancelTimer: (() => void) | undefined;
  #counts = { delivered: 0, failedAttempts: 0, dead: 0, coalesced: 0 };

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.destination = options.destination.name;
    this.createdAt = options.opened.createdAt;
    this.#file = options.opened.file;
    this.#deadLetters = options.opened.deadLetters;
    this.#disabled = options.opened.disabled;
    for (const pending of options.opened.pending) this.#add(pending);
  }

  async enqueue(notice: Notice): Promise<void> {
    if (this.#keys.has(notice.key) || this.#stop.signal.aborted) return;
    const entry: PendingNotice = { notice, attempts: 0, nextAt: 0 };
    if (this.#disabled || this.#keys.size >= MAX_PENDING) {
      const reason = this.#disabled ? 'the destination is switched off' : 'the outbox is full';
      await this.#giveUp(entry, reason);
      return;
    }
    this.#dropOutdatedCounts(notice);
    this.#add(entry);
    await this.#write({ t: 'queued', notice });
    this.#pump();
  }

  isPending(key: string): boolean {
    return this.#keys.has(key);
  }

  counts(): OutboxCounts {
    return { pending: this.#keys.size, ...this.#counts };
  }

  start(): void {
    this.#started = true;
    this.#pump();
  }

  async idle(): Promise<void> {
    this.#pump();
    while (this.#sending.size > 0) {
      await Promise.all(this.#sending.values());
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#cancelTimer?.();
    await Promise.all(this.#sending.values());
    await Promise.all([this.#file.close(), this.#deadLetters.close()]);
  }

  #add(entry: PendingNotice): void {
    const lane = this.#lanes.get(entry.notice.incident);
    if (lane === undefined) this.#lanes.set(entry.notice.incident, [entry]);
    else lane.push(entry);
    this.#keys.add(entry.notice.key);
  }

  /** A newer notice says everything that an unsent count update would have said. */
  #dropOutdatedCounts(notice: Notice): void {
    const lane = this.#lanes.get(notice.incident) ?? [];
    for (const entry of lane) {
      const underWay = entry === lane[0] && this.#sending.has(notice.incident);
      if (entry.notice.type !== 'updated' || underWay) continue;
      this.#remove(entry);
      this.#counts.coalesced += 1;
      this.#write({ t: 'done', key: entry.notice.key }).catch(this.#options.onError);
    }
  }

  #remove({ notice }: PendingNotice): void {
    const lane = this.#lanes.get(notice.incident)?.filter((entry) => entry.notice !== notice) ?? [];
    if (lane.length === 0) this.#lanes.delete(notice.incident);
    else this.#lanes.set(notice.incident, lane);
    this.#keys.delete(notice.key);
  }

  #pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (!this.#started || this.#stop.signal.aborted) return;
    const now = this.#options.now();
    let next = Infinity;
    for (const [incident, [head]] of this.#lanes) {
      if (head === undefined || this.#sending.has(incident)) continue;
      const dueAt = Math.max(head.nextAt, this.#notBefore);
      if (dueAt > now) next = Math.min(next, dueAt);
      else if (this.#sending.size < MAX_CONCURRENT) this.#send(incident, head);
    }
    if (next !== Infinity) {
      this.#cancelTimer = this.#options.schedule(() => this.#pump(), next - now);
    }
  }

  #send(incident: string, entry: PendingNotice): void {
    const sending = this.#attempt(entry)
      .catch(this.#options.onError)
      .finally(() => {
        this.#sending.delete(incident);
        this.#pump();
      });
    this.#sending.set(incident, sending);
  }

  async #attempt(entry: PendingNotice): Promise<void> {
    const result = await this.#options.destination
      .send(entry.notice, this.#stop.signal)
      .catch((error: unknown): DeliveryResult => ({ status: 'retry', reason: String(error) }));
    // Called off by close(): nothing was learnt, the next start tries again.
    if (this.#stop.signal.aborted && result.status === 'retry') return;
    entry.attempts += 1;
    switch (result.status) {
      case 'delivered':
        this.#counts.delivered += 1;
        await this.#settle(entry, { delivered: true, ...externalId(result) });
        break;
      case 'retry':
        await this.#retryLater(entry, result);
        break;
      case 'rejected':
        await this.#giveUp(entry, result.reason);
        break;
      case 'gone':
        await this.#switchOff(result.reason);
        break;
    }
  }

  async #retryLater(
    entry: PendingNotice,
    result: Extract<DeliveryResult, { status: 'retry' }>,
  ): Promise<void> {
    this.#counts.failedAttempts += 1;
    const { retryAfterMillis, reason } = result;
    const delay = retryDelayMillis(entry.attempts, this.#options.random(), retryAfterMillis);
    if (delay === undefined) {
      await this.#giveUp(entry, `gave up after ${entry.attempts} attempts: ${reason}`);
      return;
    }
    const now = this.#options.now();
    entry.nextAt = now + delay;
    if (retryAfterMillis !== undefined) this.#notBefore = Math.max(this.#notBefore, entry.nextAt);
    const { attempts, nextAt } = entry;
    await this.#write({ t: 'attempt', key: entry.notice.key, attempts, nextAt });
  }

  async #switchOff(reason: string): Promise<void> {
    this.#disabled = true;
    await this.#write({ t: 'disabled', target: this.#options.destination.target });
    for (const entry of [...this.#lanes.values()].flat()) {
      await this.#giveUp(entry, `the destination is switched off: ${reason}`);
    }
  }

  async #giveUp(entry: PendingNotice, reason: string): Promise<void> {
    this.#counts.dead += 1;
    const at = new Date(this.#options.now()).toISOString();
    const { notice, attempts } = entry;
    await this.#deadLetters.append(JSON.stringify({ at, reason, attempts, notice }));
    await this.#settle(entry, { delivered: false, reason });
  }

  /** Told first, taken out after: a crash in between repeats the notice under the same key, and loses nothing. */
  async #settle(
    entry: PendingNotice,
    outcome: Pick<Settled, 'delivered' | 'reason' | 'externalId'>,
  ): Promise<void> {
    const { notice, attempts } = entry;
    await this.#options.onSettled({ notice, attempts, destination: this.destination, ...outcome });
    this.#remove(entry);
    await this.#write({ t: 'done', key: notice.key });
  }

  #write(line: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#file.append(JSON.stringify(line));
  }
}

function externalId(result: { readonly externalId?: string }): { readonly externalId?: string } {
  return result.externalId === undefined ? {} : { externalId: result.externalId };
}

export function createOutbox(options: OutboxOptions): Outbox {
  return new DurableOutbox(options);
}
