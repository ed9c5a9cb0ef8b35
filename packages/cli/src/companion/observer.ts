import type { IncomingMessage, ServerResponse } from 'node:http';

import {
  companionMetrics,
  companionSender,
  createCounter,
  createEmitter,
  createHistogram,
  createOtlpSender,
  encodeMetrics,
  prometheusText,
  PROMETHEUS_TYPE,
  readDiskState,
  type AcceptResult,
  type DecidedRun,
  type Emitter,
  type Journal,
  type Judged,
  type Metric,
  type OtlpReceiver,
  type OtlpSender,
  type OtlpTarget,
  type Pipeline,
} from '@aftertrace/exporter';
import type { ControlPlane, RefusedAccess } from '@aftertrace/control';
import {
  sha256Hex,
  type Decision,
  type Override,
  type WrittenTrajectory,
} from '@aftertrace/schema';

import type { Log } from '../terminal/progress-log.ts';
import { VERSION } from '../version.ts';
import { createControlMetrics } from './control-metrics.ts';

/** What a companion tells of itself and of what it judged, and to whom. */
export interface ObserverSettings {
  /** `/metrics` can be read without the token. Default no. */
  readonly withoutToken?: boolean;
  /** How often metrics are sent. Default 60 s. */
  readonly intervalMillis?: number;
  /** Where the companion's own metrics go. */
  readonly metricsTo?: OtlpTarget;
  /** Where outcomes go that the companion judged, and their counts. */
  readonly emitTo?: OtlpTarget;
}

export interface ObserverOptions extends ObserverSettings {
  readonly dataDir: string;
  readonly log: Log;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/** The parts that are watched, as they come to be. */
export interface Watched {
  readonly pipeline?: Pipeline;
  readonly journal?: Journal;
  readonly receiver?: OtlpReceiver;
  readonly control?: Pick<ControlPlane, 'instances'>;
}

/** Metrics and health of a companion: `/healthz`, `/readyz`, `/metrics`, and OTLP to others. */
export interface Observer {
  watch(parts: Watched): void;
  judged(judged: Judged): void;
  ended(run: DecidedRun): void;
  /** A decision that an agent has proven. */
  decided(decision: Decision): void;
  /** An override or approval, each once. */
  overridden(override: Override): void;
  /** A request that the control plane turned away. */
  refused(refusal: RefusedAccess): void;
  written(written: WrittenTrajectory): void;
  /** Measures how long a request takes until it is on disk. */
  timed(work: () => Promise<AcceptResult>): Promise<AcceptResult>;
  /** Begins to send metrics. */
  start(): void;
  answers(request: IncomingMessage): boolean;
  /** Whether this path is for everybody who reaches the port. */
  answersAnyone(request: IncomingMessage): boolean;
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Sends what waits, until the deadline. */
  shutdown(deadlineMillis: number): Promise<void>;
}

export function createObserver(options: ObserverOptions): Observer {
  return new CompanionObserver(options);
}

const PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);
/** In seconds: from a write that finds the disk idle to one that nobody waits for any more. */
const LATENCY_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const DEFAULT_INTERVAL_MILLIS = 60_000;

class CompanionObserver implements Observer {
  readonly #options: ObserverOptions;
  readonly #sender;
  readonly #startedAt: number;
  readonly #emitTo: OtlpSender | undefined;
  readonly #metricsTo: OtlpSender | undefined;
  readonly #emitter: Emitter;
  readonly #latency = createHistogram(LATENCY_BOUNDS);
  readonly #redactions = createCounter(200);
  readonly #control = createControlMetrics();
  #watched: Watched = {};
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ObserverOptions) {
    const { now, log, emitTo, metricsTo, dataDir } = options;
    this.#options = options;
    this.#startedAt = now();
    this.#sender = companionSender({
      version: VERSION,
      instance: sha256Hex(dataDir).slice(0, 16),
    });
    this.#emitTo = emitTo === undefined ? undefined : createOtlpSender({ ...emitTo, log });
    this.#metricsTo = metricsTo === undefined ? undefined : createOtlpSender({ ...metricsTo, log });
    this.#emitter = createEmitter({ sender: this.#sender, otlp: this.#emitTo, now });
  }

  watch(parts: Watched): void {
    this.#watched = { ...this.#watched, ...parts };
  }

  judged(judged: Judged): void {
    this.#emitter.add(judged);
  }

  ended(run: DecidedRun): void {
    this.#emitter.decided(run);
  }

  decided(decision: Decision): void {
    this.#control.decided(decision);
  }

  overridden(override: Override): void {
    this.#control.overridden(override);
  }

  refused(refusal: RefusedAccess): void {
    this.#control.refused(refusal);
  }

  written({ trajectory }: WrittenTrajectory): void {
    for (const [kind, count] of Object.entries(trajectory.extra.aftertrace.redaction.counts))
      this.#redactions.add({ kind }, count);
  }

  async timed(work: () => Promise<AcceptResult>): Promise<AcceptResult> {
    const start = performance.now();
    const result = await work();
    this.#latency.record((performance.now() - start) / 1000, { result: result.kind });
    return result;
  }

  start(): void {
    const { intervalMillis = DEFAULT_INTERVAL_MILLIS } = this.#options;
    if (this.#metricsTo === undefined && this.#emitTo === undefined) return;
    this.#timer = setInterval(() => void this.#push(), intervalMillis);
    this.#timer.unref();
  }

  answers(request: IncomingMessage): boolean {
    return PATHS.has(pathOf(request));
  }

  answersAnyone(request: IncomingMessage): boolean {
    const path = pathOf(request);
    return PATHS.has(path) && (path !== '/metrics' || this.#options.withoutToken === true);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' });
      response.end();
      return;
    }
    if (pathOf(request) === '/metrics') {
      const text = prometheusText(await this.#metrics());
      response.writeHead(200, { 'content-type': PROMETHEUS_TYPE });
      response.end(text);
      return;
    }
    const problems = pathOf(request) === '/readyz' ? this.#problems() : [];
    const status = problems.length === 0 ? 'ok' : 'unavailable';
    response.writeHead(problems.length === 0 ? 200 : 503, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
    response.end(JSON.stringify({ status, ...(problems.length === 0 ? {} : { problems }) }));
  }

  async shutdown(deadlineMillis: number): Promise<void> {
    clearInterval(this.#timer);
    this.#emitter.flush();
    if (this.#metricsTo !== undefined || this.#emitTo !== undefined) await this.#push();
    await Promise.all([
      this.#emitTo?.shutdown(deadlineMillis),
      this.#metricsTo?.shutdown(deadlineMillis),
    ]);
  }

  #problems(): readonly string[] {
    return this.#watched.pipeline?.problems() ?? ['the companion is starting'];
  }

  async #push(): Promise<void> {
    const judged = this.#emitter.metrics();
    if (this.#emitTo !== undefined) this.#send(this.#emitTo, judged);
    if (this.#metricsTo !== undefined) this.#send(this.#metricsTo, await this.#own());
  }

  #send(to: OtlpSender, metrics: readonly Metric[]): void {
    const filled = metrics.filter(({ points }) => points.length > 0);
    if (filled.length === 0) return;
    const nanos = (millis: number): bigint => BigInt(Math.round(millis)) * 1_000_000n;
    const times = {
      startTimeUnixNano: nanos(this.#startedAt),
      timeUnixNano: nanos(this.#options.now()),
    };
    const points = filled.reduce((sum, metric) => sum + metric.points.length, 0);
    to.send('metrics', encodeMetrics(filled, this.#sender, times), points);
  }

  async #metrics(): Promise<readonly Metric[]> {
    return [...(await this.#own()), ...this.#emitter.metrics()];
  }

  async #own(): Promise<readonly Metric[]> {
    const { pipeline, journal, receiver, control } = this.#watched;
    if (pipeline === undefined) return [];
    const senders = new Map(
      [['emit', this.#emitTo] as const, ['metrics', this.#metricsTo] as const].flatMap(
        ([purpose, sender]) => (sender === undefined ? [] : [[purpose, sender.stats()] as const]),
      ),
    );
    return [
      ...companionMetrics({
        pipeline: pipeline.stats(),
        journal: journal?.stats(),
        receiver: receiver?.stats(),
        senders,
        disk: await readDiskState(this.#options.dataDir),
        isReady: this.#problems().length === 0,
      }),
      {
        name: 'aftertrace.companion.accept.duration',
        description: 'From a whole request to its answer: decoded, on disk, assembled.',
        unit: 's',
        kind: 'histogram',
        points: this.#latency.points(),
      },
      {
        name: 'aftertrace.companion.redactions',
        description: 'Values taken out of lines, by kind.',
        unit: '{value}',
        kind: 'counter',
        points: this.#redactions.points(),
      },
      ...this.#control.metrics(control?.instances() ?? []),
    ];
  }
}

function pathOf(request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? '/';
}
