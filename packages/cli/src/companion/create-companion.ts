import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import path from 'node:path';

import { createControlPlane, createDetailStore, type ControlPlane } from '@aftertrace/control';
import {
  createJournal,
  type Journal,
  type JournalOptions,
  createOtlpReceiver,
  createPipeline,
  type DataDir,
  type ExporterConfigInput,
  type OtlpReceiver,
  type OtlpReceiverOptions,
  serverTlsOptions,
  type ReceiverTls,
  type Pipeline,
} from '@aftertrace/exporter';
import { createIncidents, type Destination, type Incidents } from '@aftertrace/incidents';
import type { Ledger } from '@aftertrace/ledger';
import type {
  Finding,
  IncidentLogLine,
  LedgerEntryInput,
  WrittenTrajectory,
} from '@aftertrace/schema';

import type { AccessConfig, TlsConfig } from '../config/companion-config.ts';
import type { ListenAddress } from '../parse-address.ts';
import type { Log } from '../terminal/progress-log.ts';
import { openAuditLedger, type AuditSettings } from './audit-ledger.ts';
import { createCheckpointSender, type CheckpointSender } from './checkpoint-sender.ts';
import { createCompactionJob } from './compaction-job.ts';
import { createConsoleServer, listenOn } from './console-server.ts';
import { createObserver, type Observer, type ObserverSettings } from './observer.ts';
import { telemetryGate } from './telemetry-gate.ts';
import { readTls, watchTls } from './tls-files.ts';
import { createDataActions } from './data-actions.ts';
import { createDataApi } from './data-api.ts';
import { migrationEntry, removalEntry } from './data-entries.ts';
import { isDrillAtWork } from './drill-at-work.ts';
import { createUnguardedAgents } from './unguarded-agents.ts';

/** What a companion is made of; `aftertrace serve`, `dev` and `ingest` differ in these only. */
export interface CompanionOptions {
  /** Opened and locked by the caller, who also closes it. */
  readonly dataDir: DataDir;
  readonly token: string;
  /** Absent: nothing listens, the companion works on what it is given (`ingest`). */
  readonly listen?: {
    readonly otlp: ListenAddress;
    readonly console: ListenAddress;
    readonly otlpGrpc?: ListenAddress;
  };
  readonly destinations: readonly Destination[];
  readonly exporter: ExporterConfigInput;
  /** What senders may cost; default those of the receiver. */
  readonly limits?: OtlpReceiverOptions['limits'];
  /** What the companion tells of itself and of what it judged, and to whom; default: to who asks for it. */
  readonly observe?: ObserverSettings;
  /** Names under which the console's port is addressed, without port; default those of loopback. */
  readonly allowedHosts?: readonly string[];
  /** The pinned public keys, PEM: only policies that one of them signed are published. */
  readonly readPolicyKeys?: () => Promise<string>;
  /** Who may do what, besides by their tokens. Default: telemetry from everybody who reaches the port, duties not separated. */
  readonly access?: AccessConfig;
  /** TLS on every port. Default: none. */
  readonly tls?: TlsConfig;
  readonly log: Log;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly onFinding?: (finding: Finding) => void;
  readonly onRun?: (written: WrittenTrajectory) => void;
  /** Encryption of the journal. Default: none. */
  readonly journal?: Pick<JournalOptions, 'encryption'>;
  /** How the audit log is signed. Default: by a key of the data directory's own. */
  readonly audit?: AuditSettings;
}

/** Where a companion listens. */
export interface CompanionAddresses {
  readonly otlp: string;
  readonly console: string;
  readonly otlpGrpc?: string;
  /** PEM file that the certificate is checked against, where it is not a well-known one. */
  readonly caFile?: string;
}

/** Receiver, pipeline, control plane, incidents and audit log, connected. */
export interface Companion {
  readonly pipeline: Pipeline;
  readonly incidents: Incidents;
  readonly control: ControlPlane;
  /** Reads back what is on disk, then listens. */
  readonly start: () => Promise<CompanionAddresses | undefined>;
  /** Stops intake, writes what is complete, closes. Idempotent. */
  readonly shutdown: (deadlineMillis: number) => Promise<void>;
}

/** Each step of an incident is anchored in the audit log, with the head of the incident's own chain. */
function anchorOf(event: IncidentLogLine): LedgerEntryInput | undefined {
  if (event.type !== 'transition' && event.type !== 'opened') return undefined;
  const { at, actor, incident, seq, from, to, reason, hash } = event;
  const data = { incident, seq, from, to, reason, hash };
  return { at, actor, type: 'incident.transition', data: defined(data) };
}

/** The audit log, and who sends its checkpoints away. */
async function openAudit({
  dataDir,
  now,
  log,
  audit = {},
}: CompanionOptions): Promise<Pick<Parts, 'ledger' | 'checkpoints'>> {
  const { checkpointsTo: target } = audit;
  const checkpoints =
    target === undefined
      ? undefined
      : createCheckpointSender({ target, dataDir: dataDir.path, log });
  const ledger = await openAuditLedger({
    dataDir: dataDir.path,
    now,
    settings: audit,
    onCheckpoint: (checkpoint) => checkpoints?.send(checkpoint),
    onProblem: (message) => log('error', `audit log: ${message}`),
  });
  return { ledger, checkpoints };
}

function openJournal({ dataDir, log, journal }: CompanionOptions): Journal {
  return createJournal({
    dir: path.join(dataDir.path, 'journal'),
    ...journal,
    onProblem: (problem) => log('warn', `journal: ${JSON.stringify(problem)}`),
  });
}

/** Connects the parts. The only place that knows them all. */
export async function createCompanion(options: CompanionOptions): Promise<Companion> {
  const { dataDir, log, now } = options;
  const { ledger, checkpoints } = await openAudit(options);
  const told = (what: string, work: Promise<unknown>): void => {
    work.catch((error: unknown) => log('error', `${what}: ${reasonOf(error)}`));
  };
  // Known once it listens; notices go out after that.
  const place: Place = { console: undefined };
  const incidents = createIncidents({
    dataDir: dataDir.path,
    now,
    randomId: () => randomUUID().replaceAll('-', '').slice(0, 12),
    destinations: options.destinations,
    log,
    assurance: 'token',
    onEvent: (event) => {
      const entry = anchorOf(event);
      if (entry !== undefined) told('an incident was not anchored', ledger.append(entry));
    },
    consoleUrl: () => place.console,
  });
  const observer = createObserver({ ...options.observe, dataDir: dataDir.path, log, now });
  const unguarded = createUnguardedAgents({ now });
  const control: ControlPlane = createControlPlane({
    dataDir: dataDir.path,
    ledger,
    token: options.token,
    now,
    randomId: randomUUID,
    log,
    ...(options.allowedHosts === undefined ? {} : { allowedHosts: options.allowedHosts }),
    ...(options.readPolicyKeys === undefined ? {} : { readPolicyKeys: options.readPolicyKeys }),
    ...(options.access === undefined
      ? {}
      : {
          separateDuties: options.access.separateDuties,
          rateLimits: options.access.rateLimits,
        }),
    unguardedAgents: () => unguarded.list(() => control.instances()),
    onContainment: ({ containment }) =>
      told('a containment was not linked', incidents.linkContainment(containment)),
    onOverride: (override, isNew) => {
      if (isNew) observer.overridden(override);
      told('an override was not linked', incidents.linkOverride(override));
    },
    onDecision: (decision) => observer.decided(decision),
  });
  const journal = openJournal(options);
  const pipeline = createPipeline({
    dataDir: dataDir.path,
    journal,
    config: options.exporter,
    date: now,
    // What is not noted is not deleted.
    onRemove: async (removal) => {
      await ledger.append(removalEntry(removal, now()));
    },
    onJudged: (judged) => {
      observer.judged(judged);
      unguarded.judged(judged);
    },
    onDecided: (run) => observer.ended(run),
    onFinding: async (finding) => {
      if (!isDrillAtWork(finding, control.state().containments))
        await incidents.addFinding(finding);
      options.onFinding?.(finding);
    },
    onRun: async (written) => {
      observer.written(written);
      unguarded.written(written);
      await incidents.linkRun(written);
      options.onRun?.(written);
    },
    log: ({ level, message, cause }) =>
      log(level, cause === undefined ? message : `${message}: ${reasonOf(cause)}`),
  });
  observer.watch({ pipeline, journal, control });
  return new ConnectedCompanion(options, {
    ledger,
    checkpoints,
    incidents,
    control,
    pipeline,
    observer,
    place,
  });
}

/** For what is still to be sent to others at the end. */
const SEND_MILLIS = 1000;
/** Of the time that is left when nothing comes in any more; the rest is for what is to be sent and closed. */
const PIPELINE_SHARE = 0.8;

interface Place {
  console: string | undefined;
}

interface Parts {
  readonly place: Place;
  readonly ledger: Ledger;
  readonly checkpoints: CheckpointSender | undefined;
  readonly incidents: Incidents;
  readonly control: ControlPlane;
  readonly pipeline: Pipeline;
  readonly observer: Observer;
}

class ConnectedCompanion implements Companion {
  readonly pipeline: Pipeline;
  readonly incidents: Incidents;
  readonly control: ControlPlane;
  readonly #ledger: Ledger;
  readonly #checkpoints: CheckpointSender | undefined;
  readonly #observer: Observer;
  readonly #place: Place;
  readonly #options: CompanionOptions;
  #receiver: OtlpReceiver | undefined;
  #server: Server | undefined;
  #stopping: Promise<void> | undefined;
  #stopWatching: () => void = () => undefined;

  constructor(options: CompanionOptions, parts: Parts) {
    this.#options = options;
    this.#ledger = parts.ledger;
    this.#checkpoints = parts.checkpoints;
    this.#place = parts.place;
    this.#observer = parts.observer;
    this.pipeline = parts.pipeline;
    this.incidents = parts.incidents;
    this.control = parts.control;
  }

  async start(): Promise<CompanionAddresses | undefined> {
    const { listen, dataDir, token, limits, tls: tlsConfig } = this.#options;
    const tls = tlsConfig === undefined ? undefined : await readTls(tlsConfig);
    for (const what of dataDir.migrated)
      await this.#ledger.append(migrationEntry(what, this.#options.now()));
    await this.incidents.start();
    await this.control.start();
    await this.pipeline.start();
    if (listen === undefined) return undefined;
    this.#observer.start();
    this.#receiver = createOtlpReceiver({
      ...listen.otlp,
      ...(listen.otlpGrpc === undefined ? {} : { grpc: listen.otlpGrpc }),
      ...(limits === undefined ? {} : { limits }),
      ...this.#doors(tls),
      accept: (request) => this.#observer.timed(() => this.pipeline.accept(request)),
      isReady: () => this.pipeline.problems().length === 0,
      log: (message, cause) => this.#options.log('error', `${message}: ${reasonOf(cause)}`),
    });
    this.#observer.watch({ receiver: this.#receiver });
    const { url: otlp, grpcUrl } = await this.#receiver.start();
    this.#server = this.#console(tls);
    const address = await listenOn(this.#server, listen.console);
    this.#renewTls(tls);
    const named = (url: string): string => withHost(url, tlsConfig?.name);
    const addresses = {
      otlp: named(otlp),
      console: named(address),
      ...(tlsConfig?.caFile === undefined ? {} : { caFile: path.resolve(tlsConfig.caFile) }),
    };
    this.#place.console = addresses.console;
    await dataDir.setAddresses({ ...addresses, token });
    return { ...addresses, ...(grpcUrl === undefined ? {} : { otlpGrpc: named(grpcUrl) }) };
  }

  /** Who gets in to where telemetry is taken. */
  #doors(
    tls: ReceiverTls | undefined,
  ): Pick<OtlpReceiverOptions, 'authorize' | 'tls' | 'onRefusedHandshake'> {
    const { control } = this;
    const onRefusedHandshake = (remote: string): void => {
      void control.noteRefusal({ cause: 'tls_handshake', method: '', path: '', remote });
    };
    return {
      ...(this.#options.access?.otlpToken === true ? { authorize: telemetryGate(control) } : {}),
      ...(tls === undefined ? {} : { tls, onRefusedHandshake }),
    };
  }

  /** Certificates are renewed while we run. */
  #renewTls(before: ReceiverTls | undefined): void {
    const { tls, log } = this.#options;
    if (tls === undefined || before === undefined) return;
    this.#stopWatching = watchTls(tls, {
      before,
      onRenewed: (renewed) => {
        if (this.#server !== undefined && 'setSecureContext' in this.#server) {
          (this.#server as TlsServer).setSecureContext(serverTlsOptions(renewed));
        }
        this.#receiver?.renewTls(renewed);
        log('info', `took over the certificate in ${tls.certFile}`);
      },
      onProblem: (message) => log('error', `the certificate of before stays in use: ${message}`),
    });
  }

  #console(tls: ReceiverTls | undefined): Server {
    const { control, incidents, pipeline } = this;
    const { dataDir, now, log } = this.#options;
    const data = createDataActions({
      dataDir: dataDir.path,
      ledger: this.#ledger,
      details: createDetailStore({ dataDir: dataDir.path }),
      erase: (selector) => pipeline.erase(selector),
      openRuns: () => Promise.resolve(pipeline.stats().assembly.openGroups),
      assurance: 'token',
      now,
      randomId: randomUUID,
    });
    const compaction = createCompactionJob({
      compact: (work) => pipeline.compact(work),
      ledger: this.#ledger,
      now,
      randomId: randomUUID,
    });
    const answersData = createDataApi(data, compaction, log);
    return createConsoleServer({
      control,
      incidents,
      observer: this.#observer,
      answersData,
      tls,
    });
  }

  shutdown(deadlineMillis: number): Promise<void> {
    this.#stopping ??= this.#shutdown(deadlineMillis);
    return this.#stopping;
  }

  async #shutdown(deadlineMillis: number): Promise<void> {
    const end = performance.now() + deadlineMillis;
    const left = (): number => Math.max(0, end - performance.now());
    this.#stopWatching();
    await this.#receiver?.shutdown(left() / 2);
    await this.pipeline.shutdown(left() * PIPELINE_SHARE);
    await this.#observer.shutdown(Math.min(SEND_MILLIS, left()));
    await this.control.shutdown();
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) => {
      if (this.#server === undefined) resolve();
      else this.#server.close(() => resolve());
    });
    await this.incidents.shutdown();
    await this.#ledger.close();
    await this.#checkpoints?.shutdown(Math.min(SEND_MILLIS, left()));
  }
}

/** The address under another host name. */
function withHost(url: string, host: string | undefined): string {
  if (host === undefined) return url;
  const named = new URL(url);
  named.hostname = host;
  return named.origin;
}

function defined(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
}

/** What went wrong, in one line. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : JSON.stringify(cause);
}
