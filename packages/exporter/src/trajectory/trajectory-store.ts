import {
  trajectoryFileOf,
  type SupersededLine,
  type Trajectory,
  type TrajectoryFile,
  type WrittenTrajectory,
} from '@aftertrace/schema';

import { writeBlobs } from '../files/blobs.ts';
import type { NewLine } from '../files/data-file.ts';
import {
  dayOf,
  hermesFileBase,
  listFiles,
  OTHER_AGENTS,
  runFileBase,
} from '../files/file-names.ts';
import {
  eraseTrajectories,
  type ErasureResult,
  type ErasureSelector,
} from '../files/erase-trajectories.ts';
import {
  createFileKeeper,
  type FileKeeper,
  type FileRemoval,
  type MaintenanceResult,
} from '../files/file-keeper.ts';
import { FilesConfig, type FilesConfigInput } from '../files/files-config.ts';
import type { IndexedLine } from '../files/index-builder.ts';
import type { CellRef } from '../files/known-lines.ts';
import { takeLargeTexts, type LargeText } from '../files/large-texts.ts';
import { factsOf, type LineFacts } from '../files/line-facts.ts';
import { lineId, textHash, type LineId } from '../files/line-id.ts';
import type { LineFilesOptions } from '../files/line-files.ts';
import { linePieces, type Pieces } from '../files/line-text.ts';
import { RunLines } from '../files/run-lines.ts';
import { saysTheSame } from '../files/same-content.ts';
import { createWorkQueue } from '../files/work-queue.ts';
import { nodeZstd, type ZstdCodec } from '../files/zstd-codec.ts';
import { hermesLine } from '../hermes/hermes-line.ts';
import type { Pace } from '../pace.ts';

/** What became of a line that was given to be written. */
export type WriteResult =
  | { readonly kind: 'written'; readonly written: WrittenTrajectory }
  /** The same telemetry, or the same content, stands in the file already. */
  | { readonly kind: 'unchanged' }
  /** It is made of less than what stands in the file: a fragment must not replace a whole. */
  | { readonly kind: 'fragment' };

/** Counters since the start. */
export interface TrajectoryStoreStats {
  /** Trajectories known, written now or before the start. */
  readonly trajectories: number;
  readonly written: number;
  readonly unchanged: number;
  readonly fragments: number;
  /** Lines that were there at the start and are none. */
  readonly brokenLines: number;
  /** Memory that knowing the trajectories takes. */
  readonly knownBytes: number;
}

/** How a store works; everything has a default. */
export interface TrajectoryStoreOptions {
  readonly config?: FilesConfigInput;
  /** Milliseconds since the epoch, for retention. Default `Date.now`. */
  readonly now?: () => number;
  /** Between lines others go first. Default: nobody waits. */
  readonly pace?: Pace;
  /** Told before retention deletes a file, so that it can be noted; where it rejects, the file stays. */
  readonly onRemove?: (removal: FileRemoval) => void | Promise<void>;
  /** Told what went wrong while nobody was waiting: retention and compression that failed. */
  readonly onProblem?: (problem: unknown) => void;
}

/** The trajectory files of a data directory: one line a run and revision, each run's highest revision known. */
export interface TrajectoryStore {
  /** Reads the indexes of what is there, repairs what a crash left. Idempotent. */
  start(): Promise<void>;
  /**
   * Writes lines and waits until they are on disk; the results stand in the order of the lines. Calls wait for one
   * another. Rejects when the disk refuses: some of the lines may then be in their files, and writing them again is
   * harmless. A written trajectory is told as its line has it, with the heads of its large texts.
   */
  write(trajectories: readonly Trajectory[]): Promise<readonly WriteResult[]>;
  /** Says that a run told before is part of another one now. Unknown ids are ignored. */
  supersede(trajectoryId: string, nowIn: SupersededLine['now_in']): Promise<void>;
  /**
   * Deletes files that retention lets go of and compresses closed ones; happens by itself every
   * `maintenanceIntervalMillis`. Rejects with ExporterError `holds_unreadable` where legal holds cannot be read.
   */
  maintain(): Promise<MaintenanceResult>;
  /** Removes runs, as `eraseTrajectories` does, while lines go on being written. */
  erase(selector: ErasureSelector): Promise<ErasureResult>;
  stats(): TrajectoryStoreStats;
  close(): Promise<void>;
}

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
  readonly #config: FilesConfig;
  readonly #queue = createWorkQueue();
  readonly #runs: RunLines;
  readonly #hermes: RunLines;
  /** Agents with files of their own, by outcome and day. */
  readonly #agentFiles = new Map<string, number>();
  #started: Promise<void> | undefined;
  /** Marks that the disk did not take: they are tried again with the next write. */
  #owedMarks: OwedMark[] = [];
  #written = 0;
  #unchanged = 0;
  #fragments = 0;

  readonly #keeper: FileKeeper;
  readonly #onProblem: TrajectoryStoreOptions['onProblem'];
  readonly #pace: Pace | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(dataDir: string, options: TrajectoryStoreOptions) {
    const config = FilesConfig.parse(options.config ?? {});
    this.#dataDir = dataDir;
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
    this.#keeper = createFileKeeper({
      dataDir,
      config,
      now: options.now ?? Date.now,
      queue: this.#queue,
      lines: (family) => (family === 'hermes' ? this.#hermes : this.#runs),
      onRemove: options.onRemove,
    });
  }

  start(): Promise<void> {
    this.#started ??= this.#queue.run(() => this.#load()).then(() => this.#keepUp());
    return this.#started;
  }

  async write(trajectories: readonly Trajectory[]): Promise<readonly WriteResult[]> {
    await this.start();
    return this.#queue.run(async () => {
      await this.#payMarks();
      const results: WriteResult[] = [];
      for (const batch of chunksOfDistinctIds(trajectories))
        results.push(...(await this.#writeDistinct(batch)));
      return results;
    });
  }

  async supersede(trajectoryId: string, nowIn: SupersededLine['now_in']): Promise<void> {
    await this.start();
    await this.#queue.run(async () => {
      const id = lineId(trajectoryId);
      const found = this.#runs.find(id.bytes);
      if (found === undefined) return;
      const mark = { id, trajectoryId, revision: found.cell.revision(0), nowIn };
      await this.#mark(found.ref, mark);
      this.#runs.known.delete(id.bytes);
    });
  }

  async maintain(): Promise<MaintenanceResult> {
    await this.start();
    return this.#keeper.maintain();
  }

  async erase(selector: ErasureSelector): Promise<ErasureResult> {
    await this.start();
    return this.#queue.run(async () => {
      await this.#payMarks();
      await this.#runs.files.close();
      await this.#hermes.files.close();
      try {
        return await eraseTrajectories(this.#dataDir, selector);
      } finally {
        await this.#load();
      }
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
    return this.#queue.run(async () => {
      await this.#payMarks().catch(() => undefined); // Readers go by revisions; the marks are for other tools.
      await this.#runs.files.close();
      await this.#hermes.files.close();
    });
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

  async #load(): Promise<void> {
    const files = await listFiles(this.#dataDir);
    this.#agentFiles.clear();
    for (const base of new Set(files.map((file) => file.base))) this.#countBase(base, 1);
    await this.#runs.load(files);
    await this.#hermes.load(await listFiles(this.#dataDir, ['hermes']));
  }

  async #writeDistinct(trajectories: readonly Trajectory[]): Promise<readonly WriteResult[]> {
    const planned: Plan[] = [];
    for (const trajectory of trajectories) {
      planned.push(await this.#plan(trajectory));
      await this.#pace?.rest();
    }
    const lines = planned.filter((plan) => plan.kind === 'write');
    if (this.#config.hermes) await this.#writeHermes(lines);
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

  #planLine(whole: Trajectory, before: PlannedLine['before']): PlannedLine {
    let trajectory = whole;
    let texts: readonly LargeText[] = [];
    let pieces = linePieces(whole);
    // No UTF-16 unit takes more than three bytes.
    if (pieces.some(({ length }) => length > this.#config.blobs.minBytes / 3)) {
      ({ trajectory, texts } = takeLargeTexts(whole, this.#config.blobs));
      if (texts.length > 0) pieces = linePieces(trajectory);
    }
    return { kind: 'write', whole, trajectory, texts, pieces, facts: factsOf(trajectory), before };
  }

  async #writeHermes(plans: readonly PlannedLine[]): Promise<void> {
    const fresh = plans.filter(({ facts }) => !this.#isInHermes(facts));
    const groups = Map.groupBy(fresh, ({ facts }) =>
      hermesFileBase(facts.outcome === 'success', dayOf(facts.endTimeUnixNano)),
    );
    for (const [base, group] of groups) {
      let from = 0;
      const lines = group.map(({ whole, facts }) => ({
        pieces: [hermesLine(whole)],
        // Hermes lines hold all of their texts.
        indexed: { kind: 'trajectory', facts: { ...facts, blobs: [] } } satisfies IndexedLine,
      }));
      for await (const written of this.#hermes.files.append(base, lines)) {
        for (const [index, ref] of written.entries()) {
          const plan = group[from + index];
          if (plan !== undefined) this.#hermes.known.set(plan.facts.id.bytes, ref);
        }
        from += written.length;
      }
    }
  }

  #isInHermes({ id, digest, revision }: LineFacts): boolean {
    const known = this.#hermes.cell(id.bytes);
    if (known === undefined) return false;
    return digest === undefined
      ? known.revision(0) >= revision
      : known.isDigest(0, textHash(digest));
  }

  /** Files are written side by side; what some of them took is noted even where another one refuses. */
  async #appendAll(plans: readonly PlannedLine[]): Promise<void> {
    const fresh = new Set<string>();
    const groups = [...Map.groupBy(plans, (plan) => this.#baseOf(plan.facts, fresh))];
    const failures: unknown[] = [];
    for (let from = 0; from < groups.length; from += FILES_AT_ONCE) {
      const done = await Promise.allSettled(
        groups
          .slice(from, from + FILES_AT_ONCE)
          .map(([base, group]) => this.#appendGroup(base, group)),
      );
      failures.push(...done.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])));
    }
    for (const base of fresh) if (!this.#runs.files.has(base)) this.#countBase(base, -1);
    if (failures.length > 0) throw failures[0];
    await this.#payMarks();
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
    this.#owedMarks.push({
      ref: before.ref,
      mark: { id: facts.id, trajectoryId, revision: before.revision, nowIn },
    });
  }

  async #payMarks(): Promise<void> {
    for (;;) {
      const [owed] = this.#owedMarks;
      if (owed === undefined) return;
      await this.#mark(owed.ref, owed.mark);
      this.#owedMarks = this.#owedMarks.slice(1);
    }
  }

  async #mark(ref: CellRef, { id, trajectoryId, revision, nowIn }: Mark): Promise<void> {
    const line: SupersededLine = {
      schema_version: 'aftertrace.superseded.v1',
      trajectory_id: trajectoryId,
      revision,
      now_in: nowIn,
    };
    const indexed: IndexedLine = { kind: 'mark', id, revision, nowIn };
    await this.#runs.files.appendTo(ref.file, [{ pieces: [JSON.stringify(line)], indexed }]);
  }

  /** @param fresh bases of this batch that have no file yet */
  #baseOf({ outcome, agent, endTimeUnixNano }: LineFacts, fresh: Set<string>): string {
    const kind = trajectoryFileOf(outcome);
    const day = dayOf(endTimeUnixNano);
    const base = runFileBase(kind, day, agent);
    if (this.#runs.files.has(base) || fresh.has(base)) return base;
    const agents = this.#agentFiles.get(`${kind}/${day}`) ?? 0;
    if (agents >= this.#config.maxAgentsPerDay) return runFileBase(kind, day, OTHER_AGENTS);
    fresh.add(base);
    this.#countBase(base, 1);
    return base;
  }

  #countBase(base: string, change: number): void {
    const [, kind = '', stem = ''] = base.split('/');
    const key = `${kind}/${stem.slice(0, 10)}`;
    this.#agentFiles.set(key, (this.#agentFiles.get(key) ?? 0) + change);
  }
}

interface Mark {
  readonly id: LineId;
  readonly trajectoryId: string;
  readonly revision: number;
  readonly nowIn: TrajectoryFile;
}

interface OwedMark {
  readonly ref: CellRef;
  readonly mark: Mark;
}

interface PlannedLine {
  readonly kind: 'write';
  /** As it came, with its revision. */
  readonly whole: Trajectory;
  /** As the line has it. */
  readonly trajectory: Trajectory;
  readonly texts: readonly LargeText[];
  readonly pieces: Pieces;
  readonly facts: LineFacts;
  /** The line that this one follows. */
  readonly before:
    | { readonly ref: CellRef; readonly revision: number; readonly kind: TrajectoryFile }
    | undefined;
  /** Set once it is on disk. */
  place?: { readonly file: string; readonly line: number };
}

type Plan = PlannedLine | { readonly kind: 'unchanged' } | { readonly kind: 'fragment' };

function withRevision(trajectory: Trajectory, revision: number): Trajectory {
  const { aftertrace } = trajectory.extra;
  return { ...trajectory, extra: { ...trajectory.extra, aftertrace: { ...aftertrace, revision } } };
}

/** Runs of lines in which no id stands twice: each revision must know of the one before. */
function chunksOfDistinctIds(trajectories: readonly Trajectory[]): Trajectory[][] {
  const chunks: Trajectory[][] = [];
  let current: Trajectory[] = [];
  let ids = new Set<string>();
  for (const trajectory of trajectories) {
    if (ids.has(trajectory.trajectory_id)) {
      chunks.push(current);
      current = [];
      ids = new Set();
    }
    current.push(trajectory);
    ids.add(trajectory.trajectory_id);
  }
  return current.length === 0 ? chunks : [...chunks, current];
}
