import { join } from 'node:path';

import {
  sha256Hex,
  trajectoryFileOf,
  type SupersededLine,
  type Trajectory,
  type WrittenTrajectory,
} from '@aftertrace/schema';

import { stringifyLossless } from '../json/lossless-json.ts';
import { openLineFile, type LineFile } from './line-file.ts';
import { parseLine } from './parse-line.ts';
import { listTrajectoryFiles, trajectoryPath } from './trajectory-paths.ts';

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
}

/** The trajectory files of a data directory: one line a run and revision, each run's highest revision known. */
export interface TrajectoryStore {
  /** Reads what is there, cuts torn last lines. Idempotent. */
  start(): Promise<void>;
  /**
   * Writes lines and waits until they are on disk; the results stand in the order of the lines. One call at a time.
   * Rejects when the disk refuses: some of the lines may then be in their files, and writing them again is harmless.
   */
  write(trajectories: readonly Trajectory[]): Promise<readonly WriteResult[]>;
  /** Says that a run told before is part of another one now. Unknown ids are ignored. */
  supersede(trajectoryId: string, nowIn: SupersededLine['now_in']): Promise<void>;
  stats(): TrajectoryStoreStats;
  close(): Promise<void>;
}

export function createTrajectoryStore(dataDir: string): TrajectoryStore {
  return new FileTrajectoryStore(dataDir);
}

interface KnownLine {
  readonly revision: number;
  readonly file: string;
  readonly rootEnded: boolean;
  readonly records: number;
  readonly digest: string | undefined;
  /** What the line says, without what tells revisions apart; known for lines of this process. */
  readonly content: string | undefined;
}

/** Files that stay open. Days follow one another: a few are enough. */
const MAX_OPEN_FILES = 12;

class FileTrajectoryStore implements TrajectoryStore {
  readonly #dataDir: string;
  readonly #known = new Map<string, KnownLine>();
  readonly #files = new Map<string, LineFile>();
  #started: Promise<void> | undefined;
  #written = 0;
  #unchanged = 0;
  #fragments = 0;
  #broken = 0;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  start(): Promise<void> {
    this.#started ??= this.#scan();
    return this.#started;
  }

  async write(trajectories: readonly Trajectory[]): Promise<readonly WriteResult[]> {
    await this.start();
    const results: WriteResult[] = [];
    for (const batch of chunksOfDistinctIds(trajectories))
      results.push(...(await this.#writeDistinct(batch)));
    return results;
  }

  async supersede(trajectoryId: string, nowIn: SupersededLine['now_in']): Promise<void> {
    await this.start();
    const known = this.#known.get(trajectoryId);
    if (known === undefined) return;
    await this.#appendSuperseded(trajectoryId, known, nowIn);
    this.#known.delete(trajectoryId);
  }

  stats(): TrajectoryStoreStats {
    return {
      trajectories: this.#known.size,
      written: this.#written,
      unchanged: this.#unchanged,
      fragments: this.#fragments,
      brokenLines: this.#broken,
    };
  }

  async close(): Promise<void> {
    const files = [...this.#files.values()];
    this.#files.clear();
    await Promise.all(files.map((file) => file.close()));
  }

  async #scan(): Promise<void> {
    const gone = new Map<string, number>();
    for (const { file } of await listTrajectoryFiles(this.#dataDir)) {
      const opened = await openLineFile(join(this.#dataDir, file), ({ text }) =>
        this.#learn(text, file, gone),
      );
      await opened.close();
    }
    for (const [id, revision] of gone) {
      if (this.#known.get(id)?.revision === revision) this.#known.delete(id);
    }
  }

  #learn(text: string, file: string, gone: Map<string, number>): void {
    const parsed = parseLine(text);
    switch (parsed.kind) {
      case 'broken':
        this.#broken += 1;
        return;
      case 'superseded':
        gone.set(parsed.superseded.trajectory_id, parsed.superseded.revision);
        return;
      case 'trajectory': {
        const { trajectory } = parsed;
        const known = this.#known.get(trajectory.trajectory_id);
        const { revision } = trajectory.extra.aftertrace;
        if (known === undefined || revision > known.revision) {
          this.#known.set(trajectory.trajectory_id, knownLine(trajectory, file, undefined));
        }
      }
    }
  }

  async #writeDistinct(trajectories: readonly Trajectory[]): Promise<readonly WriteResult[]> {
    const planned = trajectories.map((trajectory) => this.#plan(trajectory));
    const byFile = new Map<string, PlannedLine[]>();
    for (const plan of planned) {
      if (plan.kind === 'write') byFile.set(plan.file, [...(byFile.get(plan.file) ?? []), plan]);
    }
    const places = new Map<PlannedLine, number>();
    for (const [path, plans] of byFile) {
      const file = await this.#open(path);
      const before = file.lines;
      await file.append(plans.map((plan) => stringifyLossless(plan.trajectory)));
      for (const [index, plan] of plans.entries()) {
        places.set(plan, before + index + 1);
        await this.#note(plan);
      }
    }
    return planned.map((plan) => {
      if (plan.kind !== 'write') return plan;
      return {
        kind: 'written',
        written: { trajectory: plan.trajectory, file: plan.file, line: places.get(plan) ?? 0 },
      };
    });
  }

  #plan(
    trajectory: Trajectory,
  ): PlannedLine | { readonly kind: 'unchanged' } | { readonly kind: 'fragment' } {
    const { aftertrace } = trajectory.extra;
    const kind = trajectoryFileOf(aftertrace.outcome.outcome);
    const file = trajectoryPath(kind, aftertrace.timing.endTimeUnixNano);
    const known = this.#known.get(trajectory.trajectory_id);
    const content = contentOf(trajectory);
    if (known === undefined) return { kind: 'write', trajectory, file, content, before: undefined };
    if (known.digest === aftertrace.completeness.digest || known.content === content) {
      this.#unchanged += 1;
      return { kind: 'unchanged' };
    }
    const { rootEnded } = aftertrace.completeness;
    const isMore = rootEnded && !known.rootEnded;
    if (!isMore && ((known.rootEnded && !rootEnded) || recordsOf(trajectory) < known.records)) {
      this.#fragments += 1;
      return { kind: 'fragment' };
    }
    const next = withRevision(trajectory, known.revision + 1);
    return { kind: 'write', trajectory: next, file, content, before: known };
  }

  async #note(plan: PlannedLine): Promise<void> {
    this.#written += 1;
    const { trajectory, file, before } = plan;
    this.#known.set(trajectory.trajectory_id, knownLine(trajectory, file, plan.content));
    const kind = trajectoryFileOf(trajectory.extra.aftertrace.outcome.outcome);
    if (before !== undefined && before.file !== file && !before.file.includes(`/${kind}/`)) {
      await this.#appendSuperseded(trajectory.trajectory_id, before, kind);
    }
  }

  async #appendSuperseded(
    id: string,
    known: KnownLine,
    nowIn: SupersededLine['now_in'],
  ): Promise<void> {
    const line: SupersededLine = {
      schema_version: 'aftertrace.superseded.v1',
      trajectory_id: id,
      revision: known.revision,
      now_in: nowIn,
    };
    const file = await this.#open(known.file);
    await file.append([JSON.stringify(line)]);
  }

  async #open(path: string): Promise<LineFile> {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    if (this.#files.size >= MAX_OPEN_FILES) {
      const [oldest] = this.#files;
      if (oldest !== undefined) {
        this.#files.delete(oldest[0]);
        await oldest[1].close();
      }
    }
    const file = await openLineFile(join(this.#dataDir, path));
    this.#files.set(path, file);
    return file;
  }
}

interface PlannedLine {
  readonly kind: 'write';
  readonly trajectory: Trajectory;
  readonly file: string;
  readonly content: string;
  readonly before: KnownLine | undefined;
}

function knownLine(trajectory: Trajectory, file: string, content: string | undefined): KnownLine {
  const { revision, completeness } = trajectory.extra.aftertrace;
  return {
    revision,
    file,
    rootEnded: completeness.rootEnded,
    records: recordsOf(trajectory),
    digest: completeness.digest,
    content,
  };
}

function recordsOf(trajectory: Trajectory): number {
  const { spans, events } = trajectory.extra.aftertrace.completeness;
  return spans + (events ?? 0);
}

function withRevision(trajectory: Trajectory, revision: number): Trajectory {
  const { aftertrace } = trajectory.extra;
  return { ...trajectory, extra: { ...trajectory.extra, aftertrace: { ...aftertrace, revision } } };
}

/** A digest of what a line says, apart from its revision, the incidents known and what it was counted from. */
function contentOf(trajectory: Trajectory): string {
  const { completeness, ...rest } = trajectory.extra.aftertrace;
  const { digest: _digest, spans: _spans, events: _events, ...kept } = completeness;
  const plain = { ...rest, revision: 0, incidentIds: [], completeness: kept };
  return sha256Hex(
    stringifyLossless({ ...trajectory, extra: { ...trajectory.extra, aftertrace: plain } }),
  );
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
