import { trajectoryFileOf, type SupersededLine, type Trajectory } from '@aftertrace/schema';

import { writeBlobs } from '../files/blobs.ts';
import { compactFiles, type CompactionResult } from '../files/compact-files.ts';
import type { NewLine } from '../files/data-file.ts';
import { listFiles, type FileFamily } from '../files/file-names.ts';
import {
  eraseTrajectories,
  type ErasureOptions,
  type ErasureResult,
  type ErasureSelector,
} from '../files/erase-trajectories.ts';
import { removeGoingBlobs } from '../files/going-blobs.ts';
import { createFileKeeper, type FileKeeper, type MaintenanceResult } from '../files/file-keeper.ts';
import { FilesConfig } from '../files/files-config.ts';
import type { CellRef } from '../files/known-lines.ts';
import { takeLargeTexts, type LargeText } from '../files/large-texts.ts';
import { factsOf } from '../files/line-facts.ts';
import { lineId, textHash } from '../files/line-id.ts';
import type { LineFilesOptions } from '../files/line-files.ts';
import { linePieces, type Pieces } from '../files/line-text.ts';
import { RunLines } from '../files/run-lines.ts';
import { saysTheSame } from '../files/same-content.ts';
import { createWorkQueue } from '../files/work-queue.ts';
import { nodeZstd, type ZstdCodec } from '../files/zstd-codec.ts';
import { atOnce, atPace } from '../in-steps.ts';
import type { Pace } from '../pace.ts';
import { createAgentFiles, type AgentFiles } from './agent-files.ts';
import { chunksOfDistinctIds, withRevision, type Plan, type PlannedLine } from './planned-line.ts';
import { createSupersededMarks, type SupersededMarks } from './superseded-marks.ts';
import type {
  StoreCompactionOptions,
  TrajectoryStore,
  TrajectoryStoreOptions,
  TrajectoryStoreStats,
  WriteResult,
} from './trajectory-store-api.ts';
import { writeHermesLines } from './write-hermes-lines.ts';

/**
 * A store of lines in files.
 *
 * @throws ZodError for a configuration that does not hold, ExporterError `zstd_unavailable` where it asks for what this
 * Node cannot do.
 */
export function createTrajectoryStore(
  dataDir: string,
  options: TrajectoryStoreOptions = {},
): TrajectoryStore {
  return new FileTrajectoryStore(dataDir, options);
}

/** Files written side by side. */
const FILES_AT_ONCE = 8;

class FileTrajectoryStore implements TrajectoryStore {
  readonly #dataDir: string;
  readonly #holdsDir: string;
  readonly #now: () => number;
  readonly #config: FilesConfig;
  readonly #queue = createWorkQueue();
  readonly #runs: RunLines;
  readonly #hermes: RunLines;
  readonly #agentFiles: AgentFiles;
  /** Those that the disk did not take are tried again with the next write. */
  readonly #marks: SupersededMarks;
  #started: Promise<void> | undefined;
  #written = 0;
  #unchanged = 0;
  #fragments = 0;

  readonly #keeper: FileKeeper;
  readonly #onProblem: TrajectoryStoreOptions['onProblem'];
  readonly #pace: Pace | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #closing = new AbortController();

  constructor(dataDir: string, options: TrajectoryStoreOptions) {
    const config = FilesConfig.parse(options.config ?? {});
    this.#dataDir = dataDir;
    this.#holdsDir = options.holdsDir ?? dataDir;
    this.#now = options.now ?? Date.now;
    this.#config = config;
    this.#onProblem = options.onProblem;
    this.#pace = options.pace;
    let codec: ZstdCodec | undefined = config.compression === 'none' ? undefined : nodeZstd();
    const shared = {
      dataDir,
      maxFileBytes: config.maxFileBytes,
      zstd: () => (codec ??= nodeZstd()),
    } satisfies Partial<LineFilesOptions>;
    this.#runs = new RunLines({
      ...shared,
      live: config.compression === 'live',
      indexDecides: false,
    });
    this.#hermes = new RunLines({ ...shared, live: false, indexDecides: true });
    this.#marks = createSupersededMarks(this.#runs.files);
    this.#agentFiles = createAgentFiles({
      maxAgentsPerDay: config.maxAgentsPerDay,
      has: (base) => this.#runs.files.has(base),
    });
    this.#keeper = createFileKeeper({
      dataDir,
      config,
      holdsDir: this.#holdsDir,
      now: this.#now,
      queue: this.#queue,
      lines: (family) => this.#linesOf(family),
      onRemove: options.onRemove,
    });
  }

  start(): Promise<void> {
    this.#started ??= this.#queue.run(() => this.#begin()).then(() => this.#keepUp());
    return this.#started;
  }

  async write(
    trajectories: readonly Trajectory[],
    isErased: (trajectory: Trajectory) => boolean = () => false,
  ): Promise<readonly WriteResult[]> {
    await this.start();
    return this.#queue.run(async () => {
      await this.#marks.pay();
      const results: WriteResult[] = [];
      for (const batch of chunksOfDistinctIds(trajectories))
        results.push(...(await this.#writeDistinct(batch, isErased)));
      return results;
    });
  }

  async supersede(trajectoryId: string, nowIn: SupersededLine['now_in']): Promise<void> {
    await this.start();
    await this.#queue.run(async () => {
      const id = lineId(trajectoryId);
      const found = this.#runs.find(id.bytes);
      if (found === undefined) return;
      const revision = found.cell.revision(0);
      await this.#marks.write({ ref: found.ref, id, trajectoryId, revision, nowIn });
      this.#runs.known.delete(id.bytes);
    });
  }

  async maintain(): Promise<MaintenanceResult> {
    await this.start();
    return this.#keeper.maintain();
  }

  async erase(selector: ErasureSelector, options?: ErasureOptions): Promise<ErasureResult> {
    await this.start();
    return this.#queue.run(async () => {
      await this.#marks.pay();
      await this.#runs.files.close();
      await this.#hermes.files.close();
      try {
        return await eraseTrajectories(this.#dataDir, selector, options);
      } finally {
        await this.#load();
      }
    });
  }

  async compact({ dryRun, onProgress }: StoreCompactionOptions = {}): Promise<CompactionResult> {
    await this.start();
    const numbers = new Map<string, number>();
    return compactFiles({
      dataDir: this.#dataDir,
      holdsDir: this.#holdsDir,
      minAgeMillis: this.#config.retention.minAgeMillis,
      nowMillis: this.#now(),
      dryRun: dryRun ?? false,
      onProgress,
      queue: this.#queue,
      signal: this.#closing.signal,
      release: async ({ file }) => {
        await this.#marks.pay();
        const number = await this.#linesOf(file.family).files.release(file);
        if (number !== undefined) numbers.set(file.path, number);
      },
      onRewritten: ({ file }, view) => {
        const number = numbers.get(file.path);
        if (number !== undefined) this.#linesOf(file.family).replaced(number, view);
      },
    });
  }

  stats(): TrajectoryStoreStats {
    return {
      trajectories: this.#runs.known.size,
      written: this.#written,
      unchanged: this.#unchanged,
      fragments: this.#fragments,
      brokenLines: this.#runs.broken,
      knownBytes: this.#runs.known.bytes + this.#hermes.known.bytes,
    };
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    return this.#queue.run(async () => {
      await this.#marks.pay().catch(() => undefined); // Readers go by revisions; the marks are for other tools.
      await this.#runs.files.close();
      await this.#hermes.files.close();
    });
  }

  #linesOf(family: FileFamily): RunLines {
    return family === 'hermes' ? this.#hermes : this.#runs;
  }

  #keepUp(): void {
    const { compression, retention, maintenanceIntervalMillis } = this.#config;
    const { maxAgeMillis, maxTotalBytes } = retention;
    const hasWork =
      compression === 'closed' || maxAgeMillis !== undefined || maxTotalBytes !== undefined;
    if (!hasWork) return;
    this.#timer = setInterval(() => {
      this.#keeper.maintain().catch((problem: unknown) => this.#onProblem?.(problem));
    }, maintenanceIntervalMillis);
    this.#timer.unref();
  }

  async #begin(): Promise<void> {
    await removeGoingBlobs(this.#dataDir);
    await this.#load();
  }

  async #load(): Promise<void> {
    const files = await listFiles(this.#dataDir);
    this.#agentFiles.load(files);
    await this.#runs.load(files);
    await this.#hermes.load(await listFiles(this.#dataDir, ['hermes']));
  }

  async #writeDistinct(
    trajectories: readonly Trajectory[],
    isErased: (trajectory: Trajectory) => boolean,
  ): Promise<readonly WriteResult[]> {
    const planned: Plan[] = [];
    for (const trajectory of trajectories) {
      planned.push(isErased(trajectory) ? { kind: 'erased' } : await this.#plan(trajectory));
      await this.#pace?.rest();
    }
    const lines = planned.filter((plan) => plan.kind === 'write');
    if (this.#config.hermes) await writeHermesLines(this.#hermes, lines);
    const texts = lines.flatMap((line) => line.texts);
    if (texts.length > 0) await writeBlobs(this.#dataDir, texts);
    await this.#appendAll(lines);
    return planned.map((plan) =>
      plan.kind === 'write' && plan.place !== undefined
        ? { kind: 'written', written: { trajectory: plan.trajectory, ...plan.place } }
        : (plan as WriteResult),
    );
  }

  async #plan(trajectory: Trajectory): Promise<Plan> {
    const id = lineId(trajectory.trajectory_id);
    const known = this.#runs.find(id.bytes);
    if (known === undefined) return this.#planLine(trajectory, undefined);
    const { ref, cell } = known;
    const { completeness } = trajectory.extra.aftertrace;
    const { rootEnded, digest, spans, events = 0 } = completeness;
    const isSameTelemetry = digest !== undefined && cell.isDigest(0, textHash(digest));
    if (isSameTelemetry || (await this.#isWritten(ref, trajectory))) {
      this.#unchanged += 1;
      return { kind: 'unchanged' };
    }
    const wasEnded = cell.rootEnded(0);
    const isMore = rootEnded && !wasEnded;
    if (!isMore && ((wasEnded && !rootEnded) || spans + events < cell.records(0))) {
      this.#fragments += 1;
      return { kind: 'fragment' };
    }
    const revision = cell.revision(0);
    const before = { ref, revision, kind: trajectoryFileOf(cell.outcome(0)) };
    return this.#planLine(withRevision(trajectory, revision + 1), before);
  }

  async #isWritten(ref: CellRef, trajectory: Trajectory): Promise<boolean> {
    const line = await this.#runs.files.read(ref);
    if (line === undefined) return false;
    return saysTheSame(line, takeLargeTexts(trajectory, this.#config.blobs).trajectory);
  }

  async #planLine(whole: Trajectory, before: PlannedLine['before']): Promise<PlannedLine> {
    let trajectory = whole;
    let texts: readonly LargeText[] = [];
    let pieces = await this.#piecesOf(whole);
    // No UTF-16 unit takes more than three bytes.
    if (pieces.some(({ length }) => length > this.#config.blobs.minBytes / 3)) {
      ({ trajectory, texts } = takeLargeTexts(whole, this.#config.blobs));
      if (texts.length > 0) pieces = await this.#piecesOf(trajectory);
    }
    return { kind: 'write', whole, trajectory, texts, pieces, facts: factsOf(trajectory), before };
  }

  #piecesOf(trajectory: Trajectory): Pieces | Promise<Pieces> {
    const work = linePieces(trajectory);
    return this.#pace === undefined ? atOnce(work) : atPace(work, this.#pace);
  }

  /** Files are written side by side; what some of them took is noted even where another one refuses. */
  async #appendAll(plans: readonly PlannedLine[]): Promise<void> {
    const fresh = new Set<string>();
    const groups = [...Map.groupBy(plans, (plan) => this.#agentFiles.baseOf(plan.facts, fresh))];
    const failures: unknown[] = [];
    for (let from = 0; from < groups.length; from += FILES_AT_ONCE) {
      const done = await Promise.allSettled(
        groups
          .slice(from, from + FILES_AT_ONCE)
          .map(([base, group]) => this.#appendGroup(base, group)),
      );
      failures.push(...done.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])));
    }
    this.#agentFiles.forget(fresh);
    if (failures.length > 0) throw failures[0];
    await this.#marks.pay();
  }

  async #appendGroup(base: string, plans: readonly PlannedLine[]): Promise<void> {
    const lines: readonly NewLine[] = plans.map(({ pieces, facts }) => ({
      pieces,
      indexed: { kind: 'trajectory', facts },
    }));
    let next = 0;
    for await (const written of this.#runs.files.append(base, lines)) {
      for (const ref of written) {
        const plan = plans[next];
        next += 1;
        if (plan === undefined) continue;
        this.#written += 1;
        plan.place = { file: ref.path, line: ref.line };
        this.#runs.known.set(plan.facts.id.bytes, ref);
        this.#oweMark(plan);
      }
    }
  }

  #oweMark({ before, facts, trajectory }: PlannedLine): void {
    const nowIn = trajectoryFileOf(facts.outcome);
    if (before === undefined || before.kind === nowIn) return;
    const { trajectory_id: trajectoryId } = trajectory;
    const { ref, revision } = before;
    this.#marks.owe({ ref, id: facts.id, trajectoryId, revision, nowIn });
  }
}
