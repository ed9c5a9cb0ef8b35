import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { IncidentState } from '@aftertrace/schema';

import { createCountUpdates, type CountUpdates } from './count-updates.ts';
import type { IncidentFold } from './fold.ts';
import type { IncidentsOptions } from './incidents-options.ts';
import { noticeOf, type NoticeType } from './notice.ts';
import { openOutboxFile } from './outbox-file.ts';
import { createOutbox, type Outbox, type OutboxCounts, type Settled } from './outbox.ts';
import { systemScheduler } from './scheduler.ts';

const DEFAULT_COUNT_INTERVAL_MILLIS = 5 * 60_000;

/** An event that people outside should hear of. */
export interface TellableEvent {
  readonly type: NoticeType;
  readonly seq: number;
  readonly at: string;
  /** The incident's state after it. */
  readonly state: IncidentState;
  readonly previousState?: IncidentState | undefined;
}

/** Turns events into notices and hands them to every destination's outbox. */
export interface Notifier {
  /** Resolves when the notice is on disk in every outbox. */
  tell(fold: IncidentFold, event: TellableEvent): Promise<void>;
  /** The counts changed; told later, together with what else changes until then. */
  countChanged(fold: IncidentFold): void;
  /** Queues what a crash left untold, and starts sending. */
  start(folds: Iterable<IncidentFold>): Promise<void>;
  /** Resolves when nothing is being sent and nothing is due. */
  idle(): Promise<void>;
  close(): Promise<void>;
  counts(): Readonly<Record<string, OutboxCounts>>;
}

function consoleUrlOf({ consoleUrl }: IncidentsOptions): string | undefined {
  return typeof consoleUrl === 'function' ? consoleUrl() : consoleUrl;
}

/** The tellable events of an incident, from its log. */
function tellableEvents(fold: IncidentFold): readonly TellableEvent[] {
  return fold.events.flatMap(({ type, seq, at, from, to }): readonly TellableEvent[] => {
    if (type === 'opened') return [{ type, seq, at, state: 'triage' }];
    if (type !== 'transition' || to === undefined) return [];
    return [{ type, seq, at, state: to, previousState: from }];
  });
}

/** Notices whose fate is in the log, as `destination seq`. */
function settledNotices(fold: IncidentFold): ReadonlySet<string> {
  const settled = fold.events.filter(
    ({ type }) => type === 'notified' || type === 'notification_failed',
  );
  return new Set(
    settled.map(({ data }) => `${String(data['destination'])} ${String(data['seq'])}`),
  );
}

/** Whether findings came after the last notice that was sent. */
function hasUntoldFindings(fold: IncidentFold): boolean {
  const lastFinding = fold.events.findLast(({ type }) => type === 'finding');
  const lastNotice = fold.events.findLast(({ type }) => type === 'notified');
  const told = Number(lastNotice?.data['seq'] ?? 0);
  return lastFinding !== undefined && lastNotice !== undefined && lastFinding.seq > told;
}

class OutboxNotifier implements Notifier {
  readonly #options: IncidentsOptions;
  readonly #outboxes: readonly Outbox[];
  readonly #countUpdates: CountUpdates;

  constructor(
    options: IncidentsOptions,
    outboxes: readonly Outbox[],
    foldOf: (incident: string) => IncidentFold | undefined,
  ) {
    this.#options = options;
    this.#outboxes = outboxes;
    this.#countUpdates = createCountUpdates({
      intervalMillis: options.countIntervalMillis ?? DEFAULT_COUNT_INTERVAL_MILLIS,
      schedule: options.schedule ?? systemScheduler,
      tell: (incident) => this.#tellCounts(foldOf(incident)),
    });
  }

  async tell(fold: IncidentFold, event: TellableEvent): Promise<void> {
    this.#countUpdates.told(fold.id);
    const notice = noticeOf(fold, event, consoleUrlOf(this.#options));
    await Promise.all(this.#outboxes.map((outbox) => outbox.enqueue(notice)));
  }

  countChanged(fold: IncidentFold): void {
    if (this.#outboxes.length > 0) this.#countUpdates.changed(fold.id);
  }

  async start(folds: Iterable<IncidentFold>): Promise<void> {
    for (const fold of folds) await this.#requeue(fold);
    for (const outbox of this.#outboxes) outbox.start();
  }

  async idle(): Promise<void> {
    await Promise.all(this.#outboxes.map((outbox) => outbox.idle()));
  }

  async close(): Promise<void> {
    this.#countUpdates.close();
    await Promise.all(this.#outboxes.map((outbox) => outbox.close()));
  }

  counts(): Readonly<Record<string, OutboxCounts>> {
    return Object.fromEntries(
      this.#outboxes.map((outbox) => [outbox.destination, outbox.counts()]),
    );
  }

  /** A crash between an event's line and its notice must not swallow the notice. */
  async #requeue(fold: IncidentFold): Promise<void> {
    const settled = settledNotices(fold);
    for (const event of tellableEvents(fold)) {
      const notice = noticeOf(fold, event, consoleUrlOf(this.#options));
      for (const outbox of this.#outboxes) {
        const known = settled.has(`${outbox.destination} ${event.seq}`);
        const before = Date.parse(event.at) < Date.parse(outbox.createdAt);
        if (!known && !before && !outbox.isPending(notice.key)) await outbox.enqueue(notice);
      }
    }
    if (hasUntoldFindings(fold)) this.countChanged(fold);
  }

  #tellCounts(fold: IncidentFold | undefined): void {
    if (fold === undefined) return;
    const at = new Date(this.#options.now()).toISOString();
    const event = { type: 'updated', seq: fold.head.seq, at, state: fold.state } as const;
    this.tell(fold, event).catch((error: unknown) =>
      this.#options.log('error', `counts of ${fold.id} could not be queued: ${String(error)}`),
    );
  }
}

/** Opens the outboxes of all destinations under `outbox/`. */
export async function openNotifier(
  options: IncidentsOptions,
  hooks: {
    readonly foldOf: (incident: string) => IncidentFold | undefined;
    readonly onSettled: (settled: Settled) => Promise<void>;
  },
): Promise<Notifier> {
  const directory = join(options.dataDir, 'outbox');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const outboxes = options.destinations.map(async (destination) => {
    const { name, target } = destination;
    const opened = await openOutboxFile({ directory, name, target, now: options.now });
    return createOutbox({
      destination,
      opened,
      now: options.now,
      schedule: options.schedule ?? systemScheduler,
      random: options.random ?? Math.random,
      onSettled: hooks.onSettled,
      onError: (error) => options.log('error', `outbox ${name}: ${String(error)}`),
    });
  });
  return new OutboxNotifier(options, await Promise.all(outboxes), hooks.foldOf);
}
