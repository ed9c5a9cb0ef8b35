import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import path from 'node:path';

import { createDetailStore, type ControlPlane } from '@aftertrace/control';
import {
  createOtlpReceiver,
  serverTlsOptions,
  type OtlpReceiver,
  type OtlpReceiverOptions,
  type Pipeline,
  type ReceiverTls,
} from '@aftertrace/exporter';
import type { Incidents } from '@aftertrace/incidents';
import type { Ledger } from '@aftertrace/ledger';
import { warmCompiler } from '@aftertrace/policy/compile';

import { createAuditRetention, type AuditRetentionJob } from './audit-retention.ts';
import type { CheckpointSender } from './checkpoint-sender.ts';
import type { Companion, CompanionAddresses, CompanionOptions } from './companion.ts';
import { createCompactionJob } from './compaction-job.ts';
import { createConsolePages } from './console-pages.ts';
import { createConsoleServer, listenOn } from './console-server.ts';
import { createDataActions, type DataActions } from './data-actions.ts';
import { createDataApi } from './data-api.ts';
import { migrationEntry } from './data-entries.ts';
import type { RunFinder } from './find-runs.ts';
import type { IncidentAnchors } from './incident-anchor.ts';
import type { Observer } from './observer.ts';
import { reasonOf } from './reason-of.ts';
import { telemetryGate } from './telemetry-gate.ts';
import { readTls, watchTls } from './tls-files.ts';

/** Known once it listens; notices go out after that. */
export interface Place {
  console: string | undefined;
}

/** What a companion consists of, connected with each other. */
export interface CompanionParts {
  readonly place: Place;
  readonly ledger: Ledger;
  readonly checkpoints: CheckpointSender | undefined;
  readonly anchors: IncidentAnchors;
  readonly incidents: Incidents;
  readonly control: ControlPlane;
  readonly pipeline: Pipeline;
  readonly observer: Observer;
  readonly runs: RunFinder;
}

/** A companion out of parts that know each other; nothing runs before it is started. */
export function connectedCompanion(options: CompanionOptions, parts: CompanionParts): Companion {
  return new ConnectedCompanion(options, parts);
}

/** For what is still to be sent to others at the end. */
const SEND_MILLIS = 1000;

/** After the start, when agents have connected again: the first policy that is published finds the compiler ready. */
const WARM_AFTER_MILLIS = 2_000;
/** Of the time that is left when nothing comes in any more; the rest is for what is to be sent and closed. */
const PIPELINE_SHARE = 0.8;
/** What each part has to end, also where those before it have used up the time. */
const LEAST_MILLIS = 250;

/** Starts the parts one after the other, listens, and ends them in the order in which nothing is lost. */
class ConnectedCompanion implements Companion {
  readonly pipeline: Pipeline;
  readonly incidents: Incidents;
  readonly control: ControlPlane;
  readonly #ledger: Ledger;
  readonly #checkpoints: CheckpointSender | undefined;
  readonly #anchors: IncidentAnchors;
  readonly #retention: AuditRetentionJob;
  readonly #observer: Observer;
  readonly #runs: RunFinder;
  readonly #place: Place;
  readonly #options: CompanionOptions;
  #receiver: OtlpReceiver | undefined;
  #server: Server | undefined;
  #stopping: Promise<readonly string[]> | undefined;
  #erasing: Promise<void> = Promise.resolve();
  #warming: NodeJS.Timeout | undefined;
  #stopWatching: () => void = () => undefined;

  constructor(options: CompanionOptions, parts: CompanionParts) {
    this.#options = options;
    this.#ledger = parts.ledger;
    this.#checkpoints = parts.checkpoints;
    this.#anchors = parts.anchors;
    this.#retention = retentionOf(options, parts.ledger);
    this.#place = parts.place;
    this.#observer = parts.observer;
    this.#runs = parts.runs;
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
    this.#retention.start();
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
    this.#warming = setTimeout(warmCompiler, WARM_AFTER_MILLIS).unref();
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

  /** Orders about data; what a crash broke off of an erasure is ended, while everything else works. */
  #data(): DataActions {
    const { control, pipeline } = this;
    const { dataDir, now } = this.#options;
    const data = createDataActions({
      dataDir: dataDir.path,
      ledger: this.#ledger,
      details: createDetailStore({ dataDir: dataDir.path }),
      erase: (selector, erasure) => pipeline.erase(selector, erasure),
      onDestroyed: (digests) => control.forgetTexts(digests),
      openRuns: () => {
        const { openGroups, toldGroups } = pipeline.stats().assembly;
        return Promise.resolve(openGroups - toldGroups);
      },
      assurance: 'token',
      now,
      randomId: randomUUID,
    });
    this.#erasing = this.#endErasures(data);
    return data;
  }

  async #endErasures(data: DataActions): Promise<void> {
    const { log } = this.#options;
    try {
      const ended = await data.resumeErasures((message) => log('error', message));
      if (ended > 0) log('info', `ended ${ended} erasures that had been broken off`);
    } catch (error) {
      log('error', `erasures that were broken off are not known: ${reasonOf(error)}`);
    }
  }

  #console(tls: ReceiverTls | undefined): Server {
    const { control, incidents, pipeline } = this;
    const { now, log } = this.#options;
    const data = this.#data();
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
      answersPages: createConsolePages({ control, incidents, runs: this.#runs }),
      tls,
    });
  }

  shutdown(deadlineMillis: number): Promise<readonly string[]> {
    this.#stopping ??= this.#shutdown(deadlineMillis);
    return this.#stopping;
  }

  async #shutdown(deadlineMillis: number): Promise<readonly string[]> {
    const end = performance.now() + deadlineMillis;
    const left = (): number => Math.max(0, end - performance.now());
    const stuck: string[] = [];
    /** Nothing else has a deadline of its own where a disk answers nothing: what does not end is left as it is. */
    const ending = async (what: string, work: Promise<unknown> | undefined): Promise<void> => {
      if (await endsWithin(work, Math.max(left(), LEAST_MILLIS))) return;
      stuck.push(what);
      this.#options.log('error', `the end does not wait any longer for ${what}`);
    };
    this.#stopWatching();
    clearTimeout(this.#warming);
    const retained = this.#retention.stop();
    await ending('what comes in', this.#receiver?.shutdown(left() / 2));
    await ending('erasures', this.#erasing);
    await ending('the recorded runs', this.pipeline.shutdown(left() * PIPELINE_SHARE));
    await ending('the metrics', this.#observer.shutdown(Math.min(SEND_MILLIS, left())));
    await ending('the control plane', this.control.shutdown());
    await ending('the console', this.#closeServer());
    await ending('the incidents', this.incidents.shutdown());
    await ending('the anchors of incidents', this.#anchors.flush());
    await ending('the retention of the audit log', retained);
    await ending('the audit log', this.#ledger.close());
    await ending('the checkpoints', this.#checkpoints?.shutdown(Math.min(SEND_MILLIS, left())));
    return stuck;
  }

  #closeServer(): Promise<void> {
    this.#server?.closeAllConnections();
    return new Promise<void>((resolve) => {
      if (this.#server === undefined) resolve();
      else this.#server.close(() => resolve());
    });
  }
}

/** False where it takes longer. */
async function endsWithin(work: Promise<unknown> | undefined, millis: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  // Holds the process: there may be nothing else that does.
  const timer = setTimeout(() => late.resolve(false), millis);
  try {
    return await Promise.race([Promise.resolve(work).then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function retentionOf({ dataDir, audit, now, log }: CompanionOptions, ledger: Ledger) {
  const retention = audit?.retention ?? {};
  const details = createDetailStore({ dataDir: dataDir.path });
  return createAuditRetention({ ledger, dataDir: dataDir.path, details, retention, now, log });
}

/** The address under another host name. */
function withHost(url: string, host: string | undefined): string {
  if (host === undefined) return url;
  const named = new URL(url);
  named.hostname = host;
  return named.origin;
}
