import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type {
  Actor,
  Containment,
  Finding,
  Incident,
  IncidentState,
  Override,
  Severity,
  WrittenTrajectory,
} from '@aftertrace/schema';

import { IncidentsError } from './errors.ts';
import { snapshot, type IncidentFold } from './fold.ts';
import { handleIncidentsRequest, type IncidentsCaller } from './http-api.ts';
import type { IncidentsOptions } from './incidents-options.ts';
import { Intake, type FindingResult } from './intake.ts';
import { Linker } from './linker.ts';
import { MACHINE } from './machine.ts';
import { openNotifier, type Notifier } from './notifier.ts';
import type { OutboxCounts, Settled } from './outbox.ts';
import { defaultRules } from './rules.ts';
import { openIncidentStore, type Appended, type IncidentStore } from './store.ts';
import { refusalOf, type TransitionRefusal, type TransitionRequest } from './transitions.ts';
import { openWatchList, type WatchList } from './watch-list.ts';

/** What a change asked for by someone came to. */
export type ChangeResult = { readonly ok: true; readonly incident: Incident } | TransitionRefusal;

/** Which incidents to list; all that are given must hold. */
export interface IncidentFilter {
  readonly states?: readonly IncidentState[] | undefined;
  readonly agent?: string | undefined;
  readonly severities?: readonly Severity[] | undefined;
  /** At most this many. */
  readonly limit?: number | undefined;
}

/** Incidents of one data directory: findings in, lifecycle, notices out. */
export interface Incidents {
  /** Reads the log, opens the outboxes and starts sending. Idempotent. */
  start(): Promise<void>;
  /** Counts a finding, once by its id, also across restarts. Resolves when that is on disk. */
  addFinding(finding: Finding): Promise<FindingResult>;
  /** Tells where the line of a run is; also of each later revision. */
  linkRun(written: WrittenTrajectory): Promise<void>;
  /** Tells of a containment, and again whenever it changes (effective, unreachable, released). */
  linkContainment(containment: Containment): Promise<void>;
  /** Tells of an override, and again when its outcome is known. */
  linkOverride(override: Override): Promise<void>;
  /** Newest first, by when they were last seen. */
  list(filter?: IncidentFilter): readonly Incident[];
  get(id: string): Incident | undefined;
  /** Moves an incident through its states, or says why not. */
  transition(id: string, request: TransitionRequest): Promise<ChangeResult>;
  note(id: string, note: { readonly actor: Actor; readonly text: string }): Promise<ChangeResult>;
  /** Resolves when all events are on disk and every notice that is due was tried. */
  flush(): Promise<void>;
  /** Stops sending, writes what is left and closes. What was not delivered goes out after the next start. Idempotent. */
  shutdown(): Promise<void>;
  /** Answers requests under `/incidents/v1`; `false`: not one of those. The caller has checked who asks. */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    caller?: IncidentsCaller,
  ): Promise<boolean>;
  /** What each destination's outbox has done. */
  outboxCounts(): Readonly<Record<string, OutboxCounts>>;
  /** What was forgotten because there was too much of it; a link or an incident may be missing for it. */
  dropped(): { readonly watchedFingerprints: number; readonly unlinkedRuns: number };
}

interface Running {
  readonly store: IncidentStore;
  readonly watch: WatchList;
  readonly notifier: Notifier;
  readonly linker: Linker;
  readonly intake: Intake;
}

class FileIncidents implements Incidents {
  readonly #options: IncidentsOptions;
  #starting: Promise<void> | undefined;
  #parts: Running | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: IncidentsOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async addFinding(finding: Finding): Promise<FindingResult> {
    return this.#running().intake.add(finding);
  }

  async linkRun(written: WrittenTrajectory): Promise<void> {
    await durable(this.#running().linker.run(written));
  }

  async linkContainment(containment: Containment): Promise<void> {
    await durable(this.#running().linker.containment(containment));
  }

  async linkOverride(override: Override): Promise<void> {
    await durable(this.#running().linker.override(override));
  }

  list(filter: IncidentFilter = {}): readonly Incident[] {
    return [...this.#running().store.folds.values()]
      .filter((fold) => matches(fold, filter))
      .toSorted((a, b) => Date.parse(b.lastSeen) - Date.parse(a.lastSeen))
      .slice(0, filter.limit)
      .map(snapshot);
  }

  get(id: string): Incident | undefined {
    const fold = this.#running().store.folds.get(id);
    return fold === undefined ? undefined : snapshot(fold);
  }

  async transition(id: string, request: TransitionRequest): Promise<ChangeResult> {
    const { store, notifier } = this.#running();
    const fold = store.folds.get(id);
    if (fold === undefined) return notFound(id);
    const refusal =
      refusalOf(fold.state, request) ??
      containmentProblem(fold, request) ??
      mergeProblem(store, fold, request);
    if (refusal !== undefined) return refusal;
    const { to, actor, reason, mergedInto, signOff } = request;
    const previousState = fold.state;
    const { event, durable: written } = store.append(id, {
      type: 'transition',
      actor,
      from: previousState,
      to,
      reason,
      data: {
        ...(mergedInto === undefined || to !== 'merged' ? {} : { mergedInto }),
        ...(signOff === undefined ? {} : { signOff }),
      },
    });
    await written;
    const { seq, at } = event;
    await notifier.tell(fold, { type: 'transition', seq, at, state: to, previousState });
    return { ok: true, incident: snapshot(fold) };
  }

  async note(
    id: string,
    note: { readonly actor: Actor; readonly text: string },
  ): Promise<ChangeResult> {
    const { store } = this.#running();
    const fold = store.folds.get(id);
    if (fold === undefined) return notFound(id);
    const { actor, text } = note;
    await store.append(id, { type: 'note', actor, data: { text } }).durable;
    return { ok: true, incident: snapshot(fold) };
  }

  async flush(): Promise<void> {
    const { store, watch, notifier } = this.#running();
    await Promise.all([store.flush(), watch.flush()]);
    await notifier.idle();
    await store.flush();
  }

  shutdown(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    caller?: IncidentsCaller,
  ): Promise<boolean> {
    return handleIncidentsRequest(
      { incidents: this, assurance: this.#options.assurance ?? 'asserted', caller },
      request,
      response,
    );
  }

  outboxCounts(): Readonly<Record<string, OutboxCounts>> {
    return this.#running().notifier.counts();
  }

  dropped(): { readonly watchedFingerprints: number; readonly unlinkedRuns: number } {
    const { watch, linker } = this.#running();
    return { watchedFingerprints: watch.dropped, unlinkedRuns: linker.dropped };
  }

  async #start(): Promise<void> {
    const options = this.#options;
    await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
    const store = await openIncidentStore(options);
    const { dataDir, rules = defaultRules } = options;
    const watch = await openWatchList(
      { dataDir, rules },
      (id) => store.byFinding(id) !== undefined,
    );
    const notifier = await openNotifier(options, {
      foldOf: (incident) => store.folds.get(incident),
      onSettled: (settled) => recordSettled(store, settled),
    });
    const linker = new Linker(store);
    const intake = new Intake({
      options,
      store,
      watch,
      notifier,
      catchUp: (fold, findings) => linker.catchUp(fold, findings),
    });
    this.#parts = { store, watch, notifier, linker, intake };
    await notifier.start(store.folds.values());
  }

  #running(): Running {
    if (this.#closing !== undefined) {
      throw new IncidentsError('closed', 'incidents were shut down; make new ones to go on');
    }
    if (this.#parts === undefined) {
      throw new IncidentsError('not_started', 'await start() before anything else');
    }
    return this.#parts;
  }

  async #close(): Promise<void> {
    await this.#starting?.catch(() => undefined); // start() has told its caller
    const parts = this.#parts;
    if (parts === undefined) return;
    await parts.notifier.close();
    await Promise.all([parts.watch.close(), parts.store.close()]);
  }
}

async function durable(appended: readonly Appended[]): Promise<void> {
  await Promise.all(appended.map((one) => one.durable));
}

async function recordSettled(store: IncidentStore, settled: Settled): Promise<void> {
  const { notice, destination, delivered, attempts, reason, externalId } = settled;
  if (!store.folds.has(notice.incident)) return;
  await store.append(notice.incident, {
    type: delivered ? 'notified' : 'notification_failed',
    actor: MACHINE,
    data: {
      destination,
      seq: notice.seq,
      notice: notice.type,
      status: delivered ? 'delivered' : 'failed',
      attempts,
      ...(reason === undefined ? {} : { detail: reason }),
      ...(externalId === undefined ? {} : { externalId }),
    },
  }).durable;
}

function matches(fold: IncidentFold, filter: IncidentFilter): boolean {
  const { states, agent, severities } = filter;
  return (
    (states === undefined || states.includes(fold.state)) &&
    (agent === undefined || fold.opened.finding.agent === agent) &&
    (severities === undefined || severities.includes(fold.severity))
  );
}

function notFound(id: string): TransitionRefusal {
  return {
    ok: false,
    code: 'not_found',
    message: `there is no incident ${JSON.stringify(id.slice(0, 100))}`,
  };
}

/** `contained` is a claim about what was stopped: without a containment, nothing shows that anything was. */
function containmentProblem(
  fold: IncidentFold,
  { to }: TransitionRequest,
): TransitionRefusal | undefined {
  if (to !== 'contained' || fold.containments.size > 0) return undefined;
  return {
    ok: false,
    code: 'containment_required',
    message:
      'no containment is linked to this incident; revoke its tool or kill its agent first, which links the containment by itself, or resolve the incident directly if it needs none',
  };
}

/** A merge target must exist, be another incident, and not lead back here. */
function mergeProblem(
  store: IncidentStore,
  fold: IncidentFold,
  { to, mergedInto }: TransitionRequest,
): TransitionRefusal | undefined {
  if (to !== 'merged' || mergedInto === undefined) return undefined;
  const target = store.folds.get(mergedInto);
  if (target !== undefined && target !== fold && target.state !== 'merged') return undefined;
  return {
    ok: false,
    code: 'merge_target_required',
    message: 'mergedInto must name another incident that is not merged itself',
  };
}

/** Makes the incidents of a data directory. Nothing is read or written before `start()`. */
export function createIncidents(options: IncidentsOptions): Incidents {
  return new FileIncidents(options);
}
