import type { SupersededLine, Trajectory, WrittenTrajectory } from '@aftertrace/schema';

import type { CompactionProgress, CompactionResult } from '../files/compact-files.ts';
import type {
  ErasureOptions,
  ErasureResult,
  ErasureSelector,
} from '../files/erase-trajectories.ts';
import type { FileRemoval, MaintenanceResult } from '../files/file-keeper.ts';
import type { FilesConfigInput } from '../files/files-config.ts';
import type { Pace } from '../pace.ts';

/** What became of a line that was given to be written. */
export type WriteResult =
  | { readonly kind: 'written'; readonly written: WrittenTrajectory }
  /** The same telemetry, or the same content, stands in the file already. */
  | { readonly kind: 'unchanged' }
  /** It is made of less than what stands in the file: a fragment must not replace a whole. */
  | { readonly kind: 'fragment' }
  /** It was erased, and must not come back. */
  | { readonly kind: 'erased' };

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
  /** Where legal holds lie. Default: the data directory. */
  readonly holdsDir?: string;
  /** Between lines others go first. Default: nobody waits. */
  readonly pace?: Pace;
  /** Told before retention deletes a file, so that it can be noted; where it rejects, the file stays. */
  readonly onRemove?: (removal: FileRemoval) => void | Promise<void>;
  /** Told what went wrong while nobody was waiting: retention and compression that failed. */
  readonly onProblem?: (problem: unknown) => void;
}

/** How superseded lines are dropped. */
export interface StoreCompactionOptions {
  /** Says what would be dropped and changes nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  readonly onProgress?: ((progress: CompactionProgress) => void) | undefined;
}

/** The trajectory files of a data directory: one line a run and revision, each run's highest revision known. */
export interface TrajectoryStore {
  /** Reads the indexes of what is there, repairs what a crash left. Idempotent. */
  start(): Promise<void>;
  /**
   * Writes lines and waits until they are on disk; the results stand in the order of the lines. Calls wait for one
   * another. Rejects when the disk refuses: some of the lines may then be in their files, and writing them again is
   * harmless. A written trajectory is told as its line has it, with the heads of its large texts.
   *
   * @param isErased asked when a line's turn comes: whether its run was erased while it waited. Default: none was.
   */
  write(
    trajectories: readonly Trajectory[],
    isErased?: (trajectory: Trajectory) => boolean,
  ): Promise<readonly WriteResult[]>;
  /** Says that a run told before is part of another one now. Unknown ids are ignored. */
  supersede(trajectoryId: string, nowIn: SupersededLine['now_in']): Promise<void>;
  /**
   * Deletes files that retention lets go of and compresses closed ones; happens by itself every
   * `maintenanceIntervalMillis`. Rejects with ExporterError `holds_unreadable` where legal holds cannot be read.
   */
  maintain(): Promise<MaintenanceResult>;
  /** Removes runs, as `eraseTrajectories` does, while lines go on being written. */
  erase(selector: ErasureSelector, options?: ErasureOptions): Promise<ErasureResult>;
  /**
   * Drops lines that later revisions, or runs that took others in, have superseded, while lines go on being written.
   * What a legal hold covers stays, and what is below `retention.minAgeMillis`.
   */
  compact(options?: StoreCompactionOptions): Promise<CompactionResult>;
  stats(): TrajectoryStoreStats;
  close(): Promise<void>;
}
