import type { ReadyRun } from '../assemble/assembler.ts';
import type { ReadBody } from '../assemble/read-run.ts';
import type { EventRecord, SpanRecord } from '../assemble/records.ts';
import type { JudgedRun } from '../trajectory/build-trajectory.ts';
import { createEventfulRuns, type EventfulRuns } from './eventful-runs.ts';
import { alwaysKept, type SamplingVerdict } from './keep-run.ts';
import { mayDrop, type LightRun, type LightVerdict, type LookReason } from './light-verdict.ts';
import { runOfTrace } from './run-of-trace.ts';
import { createSampler, type RunOfTrace, type Sampler } from './sampler.ts';
import type { SamplingConfig } from './sampling-config.ts';
import { createSamplingLog, type SamplingLog } from './sampling-log.ts';

/** How runs were decided since the start. */
export interface SamplingStats {
  /** Dropped by the light verdict: never put together. */
  readonly droppedUnread: number;
  /** Put together and dropped then. */
  readonly droppedRead: number;
  /** Runs that the light verdict left to the full one, by why. */
  readonly looked: Readonly<Record<LookReason, number>>;
}

export interface RunSamplingOptions {
  /** Directory below which `trajectories/sampling/` lies. */
  readonly dataDir: string;
  readonly config: SamplingConfig;
  readonly readBody: ReadBody;
  /** Milliseconds since the Unix epoch. */
  readonly date: () => number;
  /** Places remembered where something was found: as many as runs may be open. */
  readonly places: number;
}

/** Sampling as the pipeline uses it: what it has to be told, asked, and when it goes on disk. */
export interface RunSampling {
  /** Reads what was decided before. Rejects where the disk does not give it. */
  start(): Promise<void>;
  /** Tells what arrived: whether there is something to find in it, and when by the clock of the assembly. */
  noteSpan(record: SpanRecord, isEventful: boolean, arrivedAt: number): void;
  noteEvent(record: EventRecord, findings: number): void;
  /** Drops the run without building it, and says what is known of it; `undefined`: build it and ask for {@link verdict}. */
  dropLightly(ready: ReadyRun): Promise<LightRun | undefined>;
  verdict(ready: ReadyRun, judged: JudgedRun): SamplingVerdict;
  /** Puts counts on disk; before that the runs in them must not be let go of. Rejects where the disk refuses. */
  flush(): Promise<void>;
  stats(): SamplingStats;
}

/** Sampling of one pipeline. Where nothing may be dropped it does nothing, and touches no disk. */
export function createRunSampling(options: RunSamplingOptions): RunSampling {
  return new PipelineSampling(options);
}

class PipelineSampling implements RunSampling {
  readonly #date: () => number;
  readonly #readBody: ReadBody;
  readonly #sampler: Sampler;
  readonly #log: SamplingLog;
  readonly #eventful: EventfulRuns;
  readonly #noted: EventfulRuns;
  readonly #looked = {
    sampled: 0,
    unresolved: 0,
    eventful: 0,
    notes: 0,
    history: 0,
    repetition: 0,
    unreadable: 0,
  };
  /** Runs that stand in the statistics: what the disk refuses comes again. */
  readonly #counted = new WeakSet<ReadyRun>();
  readonly #refused = new WeakSet<ReadyRun>();
  #droppedUnread = 0;
  #droppedRead = 0;

  constructor({ dataDir, config, readBody, date, places }: RunSamplingOptions) {
    this.#date = date;
    this.#readBody = readBody;
    this.#sampler = createSampler(config);
    this.#log = createSamplingLog(dataDir);
    this.#eventful = createEventfulRuns(places);
    this.#noted = createEventfulRuns(places);
  }

  async start(): Promise<void> {
    if (this.#sampler.isActive) this.#sampler.resume(await this.#log.start());
  }

  noteSpan(
    { span, runId, decision, override, note }: SpanRecord,
    isEventful: boolean,
    arrivedAt: number,
  ): void {
    if (!this.#sampler.isActive) return;
    const { traceId, spanId } = span;
    if (note !== undefined) this.#noted.note({ runId, traceId, spanId: undefined }, arrivedAt);
    const isDecided = override !== undefined || (decision?.verdict ?? 'allow') !== 'allow';
    if (isEventful || isDecided) this.#eventful.note({ runId, traceId, spanId }, arrivedAt);
  }

  noteEvent({ log, runId, arrivedAt }: EventRecord, findings: number): void {
    if (!this.#sampler.isActive || findings === 0) return;
    this.#eventful.note({ runId, traceId: log.traceId, spanId: log.spanId }, arrivedAt);
  }

  async dropLightly(ready: ReadyRun): Promise<LightRun | undefined> {
    if (!this.#sampler.isActive) return undefined;
    const light = await this.#lightVerdict(ready);
    const isNew = !this.#counted.has(ready);
    this.#counted.add(ready);
    if (light.kind === 'look') {
      if (isNew) this.#looked[light.why] += 1;
      return undefined;
    }
    const isDropped = !this.#decide(ready, light.run, undefined).kept;
    if (isDropped && isNew) this.#droppedUnread += 1;
    return isDropped ? light.judged : undefined;
  }

  verdict(ready: ReadyRun, judged: JudgedRun): SamplingVerdict {
    const hasFindings = this.#sampler.isActive && this.#eventful.has(ready.part);
    const verdict = this.#decide(
      ready,
      runOfTrace(ready.part, judged),
      alwaysKept({ ...judged, hasFindings }),
    );
    if (!verdict.kept && !this.#refused.has(ready)) this.#droppedRead += 1;
    if (!verdict.kept) this.#refused.add(ready);
    return verdict;
  }

  async flush(): Promise<void> {
    const batch = this.#sampler.take();
    if (batch === undefined) return;
    try {
      await this.#log.append(batch);
    } catch (error) {
      this.#sampler.giveBack(batch);
      throw error;
    }
  }

  stats(): SamplingStats {
    return {
      droppedUnread: this.#droppedUnread,
      droppedRead: this.#droppedRead,
      looked: { ...this.#looked },
    };
  }

  /** A run that the disk does not give is left to the full way, which tells of it. */
  async #lightVerdict(ready: ReadyRun): Promise<LightVerdict> {
    try {
      return await mayDrop(ready, {
        readBody: this.#readBody,
        eventful: this.#eventful,
        noted: this.#noted,
        wouldDrop: (run) => this.#sampler.wouldDrop(run, this.#date()),
      });
    } catch {
      return { kind: 'look', why: 'unreadable' };
    }
  }

  #decide(
    { part, digest }: ReadyRun,
    run: RunOfTrace,
    always: ReturnType<typeof alwaysKept>,
  ): SamplingVerdict {
    let bytes = 0;
    for (const span of part.spans) bytes += span.length;
    for (const event of part.events) bytes += event.bytes;
    return this.#sampler.decide({ ...run, bytes, digest, always }, this.#date());
  }
}
