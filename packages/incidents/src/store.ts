import type { Actor, IncidentEventType, IncidentLogLine, IncidentState } from '@aftertrace/schema';

import { openAppendFile, type AppendFile } from './append-file.ts';
import { sealEvent } from './event-chain.ts';
import { applyEvent, snapshot, startFold, type IncidentFold } from './fold.ts';
import { incidentLogPath, loadIncidentLog, type LogProblem } from './incident-log.ts';
import type { IncidentsOptions } from './incidents-options.ts';

/** A fact to be added to an incident; time, place in the chain and hash are the store's to give. */
export interface NewEvent {
  readonly type: IncidentEventType;
  readonly actor: Actor;
  readonly data: Readonly<Record<string, unknown>>;
  readonly from?: IncidentState;
  readonly to?: IncidentState;
  readonly reason?: string;
}

/** An event that was added: in memory at once, on disk when `durable` resolves. */
export interface Appended {
  readonly event: IncidentLogLine;
  readonly durable: Promise<void>;
}

/** All incidents, in memory as a fold over `incidents.jsonl`, with the ways to find them. */
export interface IncidentStore {
  readonly folds: ReadonlyMap<string, IncidentFold>;
  /** What was wrong in the log when it was opened. */
  readonly problems: readonly LogProblem[];
  /** The newest incident with this fingerprint. */
  byFingerprint(fingerprint: string): IncidentFold | undefined;
  /** The incident that counted a finding. */
  byFinding(findingId: string): IncidentFold | undefined;
  /** Incidents with findings of this run or in these traces. */
  byRun(run: string | undefined, traces: readonly string[]): readonly IncidentFold[];
  /** Adds an event; `type: 'opened'` starts an incident. */
  append(incident: string, event: NewEvent): Appended;
  flush(): Promise<void>;
  close(): Promise<void>;
}

class FileIncidentStore implements IncidentStore {
  readonly folds: Map<string, IncidentFold>;
  readonly problems: readonly LogProblem[];
  readonly #options: IncidentsOptions;
  readonly #file: AppendFile;
  readonly #byFingerprint = new Map<string, IncidentFold>();
  readonly #byFinding = new Map<string, IncidentFold>();
  readonly #byKey = new Map<string, Set<IncidentFold>>();

  constructor(
    options: IncidentsOptions,
    file: AppendFile,
    loaded: { readonly folds: Map<string, IncidentFold>; readonly problems: readonly LogProblem[] },
  ) {
    this.#options = options;
    this.#file = file;
    this.folds = loaded.folds;
    this.problems = loaded.problems;
    for (const fold of this.folds.values()) this.#index(fold);
  }

  byFingerprint(fingerprint: string): IncidentFold | undefined {
    return this.#byFingerprint.get(fingerprint);
  }

  byFinding(findingId: string): IncidentFold | undefined {
    return this.#byFinding.get(findingId);
  }

  byRun(run: string | undefined, traces: readonly string[]): readonly IncidentFold[] {
    const keys = [...(run === undefined ? [] : [runKey(run)]), ...traces.map(traceKey)];
    return [...new Set(keys.flatMap((key) => [...(this.#byKey.get(key) ?? [])]))];
  }

  append(incident: string, event: NewEvent): Appended {
    const known = this.folds.get(incident);
    const at = new Date(this.#options.now()).toISOString();
    const line = sealEvent({ ...event, at, incident, data: { ...event.data } }, known?.head);
    const fold = known ?? startFold(line);
    if (fold === undefined)
      throw new TypeError(`an incident starts with "opened", not ${line.type}`);
    if (known === undefined) this.folds.set(incident, fold);
    else applyEvent(fold, line);
    this.#indexEvent(fold, line);
    const durable = this.#write(fold, line);
    durable.catch((error: unknown) =>
      this.#options.log('error', `incidents.jsonl could not be written: ${String(error)}`),
    );
    return { event: line, durable };
  }

  async #write(fold: IncidentFold, line: IncidentLogLine): Promise<void> {
    await this.#file.append(JSON.stringify(line));
    this.#options.onEvent?.(line, () => snapshot(fold));
  }

  flush(): Promise<void> {
    return this.#file.flush();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Only what the event may have added, so that it costs the same in a long incident. */
  #indexEvent(fold: IncidentFold, line: IncidentLogLine): void {
    if (line.type === 'opened') this.#index(fold);
    const finding = line.type === 'finding' ? line.data['finding'] : undefined;
    if (typeof finding !== 'object' || finding === null) return;
    const { id, run, evidence } = finding as {
      readonly id: string;
      readonly run?: string;
      readonly evidence: readonly { readonly traceId?: string }[];
    };
    this.#byFinding.set(id, fold);
    if (run !== undefined) this.#addKey(runKey(run), fold);
    for (const { traceId } of evidence) {
      if (traceId !== undefined) this.#addKey(traceKey(traceId), fold);
    }
  }

  #index(fold: IncidentFold): void {
    this.#byFingerprint.set(fold.opened.fingerprint, fold);
    for (const id of fold.findings) this.#byFinding.set(id, fold);
    for (const run of fold.runs) this.#addKey(runKey(run), fold);
    for (const trace of fold.traces) this.#addKey(traceKey(trace), fold);
  }

  #addKey(key: string, fold: IncidentFold): void {
    const folds = this.#byKey.get(key);
    if (folds === undefined) this.#byKey.set(key, new Set([fold]));
    else folds.add(fold);
  }
}

function runKey(run: string): string {
  return `run ${run}`;
}

function traceKey(trace: string): string {
  return `trace ${trace}`;
}

/** Opens the store of a data directory: folds the log, cuts a line that a crash left torn, and tells what is broken. */
export async function openIncidentStore(options: IncidentsOptions): Promise<IncidentStore> {
  const path = incidentLogPath(options.dataDir);
  const { incidents, problems, wholeBytes, torn } = await loadIncidentLog(path);
  if (torn) options.log('warn', 'incidents.jsonl: a half-written last line was cut off');
  for (const { line, message } of problems) {
    options.log('error', `incidents.jsonl line ${line}: ${message}`);
  }
  const file = await openAppendFile(path, wholeBytes);
  return new FileIncidentStore(options, file, { folds: new Map(incidents), problems });
}
