import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';

import { trajectoryFileOf, trajectoryId, type WrittenTrajectory } from '@aftertrace/schema';

import type { ReadyRun } from './assemble/assembler.ts';
import type { RunPart } from './assemble/partition.ts';
import { readRun, type ReadBody } from './assemble/read-run.ts';
import type { ConversationLines } from './conversations/conversation-lines.ts';
import { atPace, type InSteps } from './in-steps.ts';
import type { Pace } from './pace.ts';
import type { LightRun } from './sample/light-verdict.ts';
import type { RunSampling } from './sample/run-sampling.ts';
import type { BuiltRun, ReadableRun } from './trajectory/build-trajectory.ts';
import type { TrajectoryStore, WriteResult } from './trajectory/trajectory-store-api.ts';

/**
 * Spans of the runs that are written together, a run without any counted as one: what they are made of stays until then,
 * and the garbage collector copies it.
 */
const SPANS_AT_ONCE = 1000;
/** Runs that may wait for the disk; then senders have to. */
const MAX_WAITING_RUNS = 5000;
/** From this many on, an answer waits for some of them to be written. */
const MANY_WAITING_RUNS = 1000;
/** So late as many wait, though they are not told yet; a machine that is busy with others is late by less. */
const LATE_MILLIS = 5000;
/** From then on answers share with runs that wait; lines are to come soon after their runs have ended. */
const SOON_MILLIS = 2500;
const ROOM_WAIT_MILLIS = 2000;
/** Times that the disk is asked for a run before it is given up. */
const MAX_READ_ATTEMPTS = 20;

export interface RunWriterOptions {
  readonly store: TrajectoryStore;
  readonly conversations: ConversationLines | undefined;
  readonly sampling: RunSampling;
  readonly readBody: ReadBody;
  /** While runs are read and written no body may go; see `Requests`. */
  readonly reading: () => () => void;
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
  /** Between runs whoever waits for an answer goes first. */
  readonly pace: Pace;
  /** Puts a run together, in steps; throws where that is not possible, which is a bug of ours. */
  readonly build: (ready: ReadyRun, readable: ReadableRun) => InSteps<BuiltRun>;
  /** Told of each run that was put together, once its line is on disk; the journal still has it until this resolves. */
  readonly onBuilt: (runs: readonly SettledRun[]) => Promise<void>;
  /** Told of each line, of revisions too; the journal still has its run until this resolves. */
  readonly onWritten: (written: readonly WrittenTrajectory[]) => Promise<void>;
  /** Told of each run when it is decided for good. */
  readonly onDecided: (run: BuiltRun | LightRun, ready: ReadyRun) => void;
  readonly onProblem: (problem: string, cause: unknown) => void;
  /** The run was erased, and the journal gives it again: it is let go of. */
  readonly isErased: (part: ReadyRun['part']) => boolean;
}

/** A run that was put together, and what it was made of. */
export interface SettledRun {
  readonly ready: ReadyRun;
  readonly run: BuiltRun;
}

export interface RunWriterStats {
  /** Runs that sampling dropped. */
  readonly sampledOut: number;
  /** Runs that could not be read or put together; logged with its cause. */
  readonly failedRuns: number;
  /** Runs that came again after they had been erased, and were let go of. */
  readonly erasedRuns: number;
  /** Times that somebody had to wait until runs were written. */
  readonly heldUp: number;
  /** Runs that wait for the disk. */
  readonly waiting: number;
  /** How long the one that has waited longest has waited; one that is due and not taken on yet counts. */
  readonly oldestWaitingMillis: number;
}

/** Runs that are ready, on their way to their lines. */
export interface RunWriter {
  add(runs: readonly ReadyRun[]): void;
  /** Takes runs as they are told, with pauses, and then writes; not while the last ones are still being told. */
  tell(runs: Iterable<readonly ReadyRun[]>): void;
  /** Takes the runs that could not be read last time on again. */
  retry(): void;
  /** Writes what is ready, one drain after another. Never rejects: what the disk refuses waits for the next one. */
  drain(): Promise<void>;
  /** Lets a sender wait while many runs are to be written: telemetry must not come faster than it leaves. */
  room(): Promise<void>;
  /** So many runs wait that nothing more should be taken. */
  isFull(): boolean;
  /** Runs wait for longer than they should. */
  isLate(): boolean;
  /** Why nothing should be sent here now, in words; empty while all is well. */
  problems(): readonly string[];
  stats(): RunWriterStats;
}

export function createRunWriter(options: RunWriterOptions): RunWriter {
  return new BatchWriter(options);
}

class BatchWriter implements RunWriter {
  readonly #options: RunWriterOptions;
  readonly #ready: ReadyRun[] = [];
  readonly #readySince = new WeakMap<ReadyRun, number>();
  /** Runs that the disk did not give. */
  #unread: ReadyRun[] = [];
  readonly #attempts = new WeakMap<ReadyRun, number>();
  /** Runs are being told that have waited since then. */
  #tellingSince: number | undefined;
  /** Others were to be told meanwhile: they wait since then. */
  #askedSince: number | undefined;
  #draining: Promise<void> = Promise.resolve();
  /** The runs that are being written. */
  #batch: Promise<void> = Promise.resolve();
  #diskProblemTold = false;
  readonly #counts = { sampledOut: 0, failedRuns: 0, erasedRuns: 0, heldUp: 0 };

  constructor(options: RunWriterOptions) {
    this.#options = options;
  }

  add(runs: readonly ReadyRun[]): void {
    if (runs.length === 0) return;
    const at = this.#options.now();
    for (const run of runs) {
      this.#ready.push(run);
      if (!this.#readySince.has(run)) this.#readySince.set(run, at);
    }
  }

  tell(runs: Iterable<readonly ReadyRun[]>): void {
    if (this.#tellingSince === undefined) void this.#takeAll(runs);
    else this.#askedSince ??= this.#options.now();
  }

  retry(): void {
    this.add(this.#unread.splice(0));
  }

  drain(): Promise<void> {
    if (this.#ready.length > 0) {
      this.#draining = this.#draining.then(() => this.#writeReady());
    }
    return this.#draining;
  }

  async room(): Promise<void> {
    if (!this.#isBehind()) return;
    this.#counts.heldUp += 1;
    const enough = new AbortController();
    const { signal } = enough;
    const timeout = delay(ROOM_WAIT_MILLIS, true, { ref: false, signal }).catch(() => true);
    void this.drain();
    let isOver: unknown = false;
    while (isOver !== true && this.#isBehind()) {
      isOver = await Promise.race([timeout, this.#batch.then(pause, pause)]);
    }
    enough.abort();
  }

  isFull(): boolean {
    return this.#ready.length > MAX_WAITING_RUNS;
  }

  problems(): readonly string[] {
    return [
      this.#diskProblemTold ? 'the disk does not take trajectories' : undefined,
      this.isFull()
        ? `${this.#ready.length} runs wait to be written; at most ${MAX_WAITING_RUNS} may`
        : undefined,
    ].filter((problem) => problem !== undefined);
  }

  isLate(): boolean {
    return this.#oldestWaitingMillis() >= SOON_MILLIS;
  }

  stats(): RunWriterStats {
    return {
      ...this.#counts,
      waiting: this.#ready.length + this.#unread.length,
      oldestWaitingMillis: this.#oldestWaitingMillis(),
    };
  }

  #oldestWaitingMillis(): number {
    const oldest = this.#unread[0] ?? this.#ready[0];
    const since = oldest === undefined ? undefined : this.#readySince.get(oldest);
    const dueSince = this.#tellingSince ?? this.#askedSince;
    return Math.max(this.#millisSince(since), this.#millisSince(dueSince));
  }

  async #takeAll(told: Iterable<readonly ReadyRun[]>): Promise<void> {
    this.#tellingSince = this.#askedSince ?? this.#options.now();
    this.#askedSince = undefined;
    try {
      for (const runs of told) {
        this.add(runs);
        // Runs that only wait are copied by the garbage collector.
        if (this.#hasBatch()) await this.drain();
        else await this.#options.pace.rest();
      }
    } catch (cause) {
      // A bug of ours; the runs stay in the journal, and the next look at them must not wait for this one.
      this.#options.onProblem('complete runs could not be found', cause);
    } finally {
      this.#tellingSince = undefined;
    }
    void this.drain();
  }

  #isBehind(): boolean {
    if (this.#diskProblemTold) return false;
    const isLate = this.#millisSince(this.#tellingSince) >= LATE_MILLIS;
    return isLate || this.#ready.length >= MANY_WAITING_RUNS;
  }

  #millisSince(at: number | undefined): number {
    return at === undefined ? 0 : Math.max(0, this.#options.now() - at);
  }

  /** Enough is ready to be written, and the disk took the last. */
  #hasBatch(): boolean {
    return !this.#diskProblemTold && spansIn(this.#ready) >= SPANS_AT_ONCE;
  }

  async #writeReady(): Promise<void> {
    while (this.#ready.length > 0) {
      const batch = this.#nextBatch();
      const isWritten = this.#options.reading();
      try {
        this.#batch = this.#write(batch);
        await this.#batch;
        this.#diskProblemTold = false;
      } catch (cause) {
        const unread = new Set(this.#unread);
        this.#ready.unshift(...batch.filter((ready) => !unread.has(ready)));
        if (!this.#diskProblemTold)
          this.#options.onProblem('trajectories cannot be written; trying again', cause);
        this.#diskProblemTold = true;
        return;
      } finally {
        isWritten();
      }
    }
  }

  #nextBatch(): ReadyRun[] {
    let spans = 0;
    let runs = 0;
    for (const run of this.#ready) {
      spans += spansOf(run);
      runs += 1;
      if (spans >= SPANS_AT_ONCE) break;
    }
    return this.#ready.splice(0, runs);
  }

  async #write(batch: readonly ReadyRun[]): Promise<void> {
    const { store, conversations, sampling, pace } = this.#options;
    const { isErased, onBuilt, onWritten, onDecided } = this.#options;
    const erased = new Set(batch.filter(({ part }) => isErased(part)));
    const kept = batch.filter((ready) => !erased.has(ready));
    const { built, dropped, failed } = await this.#decide(kept);
    const lines = built.flatMap(({ run }) => run.trajectory ?? []);
    const parts = new Map(built.map(({ ready, run }) => [run.trajectory, ready.part] as const));
    const results = await store.write(lines, (line) => {
      const part = parts.get(line);
      return part !== undefined && isErased(part);
    });
    await conversations?.note(lines.filter((_, index) => results[index]?.kind !== 'erased'));
    for (const { ready, run } of built) await this.#supersede(ready, run);
    await onBuilt(built);
    await onWritten(results.flatMap(writtenIn));
    // As long as the counts are not on disk the journal has the runs, and a crash counts them anew.
    await sampling.flush();
    this.#counts.sampledOut +=
      dropped.length + built.filter(({ run }) => !run.sampling.kept).length;
    for (const { ready, run } of [...built, ...dropped]) {
      onDecided(run, ready);
      ready.settle();
      await pace.rest();
    }
    for (const ready of failed) ready.settle();
    this.#counts.erasedRuns += erased.size;
    for (const ready of erased) ready.settle();
  }

  /** What becomes of each run; those that the disk does not give now are left out. */
  async #decide(batch: readonly ReadyRun[]): Promise<{
    readonly built: readonly SettledRun[];
    readonly dropped: readonly { readonly ready: ReadyRun; readonly run: LightRun }[];
    readonly failed: readonly ReadyRun[];
  }> {
    const built: SettledRun[] = [];
    const dropped: { readonly ready: ReadyRun; readonly run: LightRun }[] = [];
    const failed: ReadyRun[] = [];
    for (const ready of batch) {
      await this.#options.pace.rest();
      const light = await this.#options.sampling.dropLightly(ready);
      if (light !== undefined) {
        dropped.push({ ready, run: light });
        continue;
      }
      const part = await this.#read(ready);
      if (part === undefined) continue;
      const run = await this.#build(ready, { ...ready, part });
      if (run === undefined) failed.push(ready);
      else built.push({ ready, run });
    }
    return { built, dropped, failed };
  }

  async #supersede(ready: ReadyRun, run: BuiltRun): Promise<void> {
    for (const told of ready.absorbed) {
      const nowIn = trajectoryFileOf(run.outcome.outcome);
      await this.#options.store.supersede(trajectoryId(told), nowIn);
    }
  }

  /** The run with its spans; `undefined` where the disk does not give them now: then it waits for another time. */
  async #read(ready: ReadyRun): Promise<RunPart | undefined> {
    try {
      const reading = readRun(ready.part, this.#options.readBody);
      return reading instanceof Promise ? await reading : reading;
    } catch (cause) {
      const attempts = (this.#attempts.get(ready) ?? 0) + 1;
      this.#attempts.set(ready, attempts);
      if (attempts < MAX_READ_ATTEMPTS) {
        this.#unread.push(ready);
        return undefined;
      }
      this.#counts.failedRuns += 1;
      const { traceId } = ready.part;
      this.#options.onProblem(`the run of trace ${traceId} cannot be read from the journal`, cause);
      ready.settle();
      return undefined;
    }
  }

  async #build(ready: ReadyRun, readable: ReadableRun): Promise<BuiltRun | undefined> {
    try {
      return await atPace(this.#options.build(ready, readable), this.#options.pace);
    } catch (cause) {
      // One run that cannot be put together must not hold up all others.
      this.#counts.failedRuns += 1;
      const { traceId } = ready.part;
      this.#options.onProblem(`the run of trace ${traceId} could not be put together`, cause);
      return undefined;
    }
  }
}

function spansIn(runs: readonly ReadyRun[]): number {
  let spans = 0;
  for (const run of runs) spans += spansOf(run);
  return spans;
}

/** A run that was not sampled has events only. */
function spansOf({ part }: ReadyRun): number {
  return Math.max(1, part.spans.length);
}

function writtenIn(result: WriteResult): readonly WrittenTrajectory[] {
  return result.kind === 'written' ? [result.written] : [];
}

async function pause(): Promise<void> {
  await nextTurn();
}
