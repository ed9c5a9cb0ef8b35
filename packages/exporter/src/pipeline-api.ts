import type { Finding, WrittenTrajectory } from '@aftertrace/schema';

import type { AssemblerStats } from './assemble/assembler.ts';
import type { ExporterConfigInput } from './config.ts';
import type { DecidedRun, Judged } from './emit/judged.ts';
import type { CompactionResult } from './files/compact-files.ts';
import type { ErasureOptions, ErasureResult, ErasureSelector } from './files/erase-trajectories.ts';
import type { FileRemoval } from './files/file-keeper.ts';
import type { Journal } from './journal/journal.ts';
import type { AcceptRequest, AcceptResult } from './receive/accept.ts';
import type { RunWriterStats } from './run-writer.ts';
import type { SamplingStats } from './sample/run-sampling.ts';
import type {
  StoreCompactionOptions,
  TrajectoryStoreStats,
} from './trajectory/trajectory-store-api.ts';

/** A line of the pipeline's own log. */
export interface PipelineLog {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly cause?: unknown;
}

export interface PipelineOptions {
  /** Directory below which `trajectories/` lies. Whoever starts the pipeline holds its lock. */
  readonly dataDir: string;
  /** Where requests are kept until their runs are written. Without one, what is not written yet dies with the process. */
  readonly journal?: Journal;
  readonly config?: ExporterConfigInput;
  /**
   * Milliseconds of a clock that nobody sets: how long runs wait is counted by it. Default: a monotonic one, so that runs
   * are written in time even where the machine's clock jumps.
   */
  readonly now?: () => number;
  /** Milliseconds since the Unix epoch: files are kept by it. Default `Date.now`. */
  readonly date?: () => number;
  /** Told of each finding as telemetry arrives. After a crash findings come again, with their same ids. */
  readonly onFinding?: (finding: Finding) => void | Promise<void>;
  /** Told of each line once it is on disk, of revisions too. */
  readonly onRun?: (written: WrittenTrajectory) => void | Promise<void>;
  /** Told of each tool call and run that was judged here, in the order of arrival; must not throw. */
  readonly onJudged?: (judged: Judged) => void;
  /** Told of each run once it is decided, kept or not, and again when a late span has changed it; must not throw. */
  readonly onDecided?: (run: DecidedRun) => void;
  /** Told before retention deletes a file, so that it can be noted; where it rejects, the file stays. */
  readonly onRemove?: (removal: FileRemoval) => void | Promise<void>;
  /** Incidents of a run that are known when its line is written. */
  readonly incidentIdsOf?: (trajectoryId: string) => readonly string[];
  readonly log?: (entry: PipelineLog) => void;
}

export interface PipelineStats extends RunWriterStats {
  readonly requests: number;
  readonly malformed: number;
  readonly unavailable: number;
  readonly spans: number;
  readonly events: number;
  /** Spans and log records with ids that nothing can be done with. */
  readonly rejected: number;
  readonly findings: number;
  /** How runs were decided, where sampling was asked for. */
  readonly sampling: SamplingStats;
  /** Records that a companion sent: not taken in. */
  readonly ownRecords: number;
  /** Bodies of requests in memory. */
  readonly memoryBytes: number;
  readonly assembly: AssemblerStats;
  readonly store: TrajectoryStoreStats;
}

/** Telemetry in, lines out: journal, assembly, judgement, sampling, redaction, trajectory files. */
export interface Pipeline {
  /** Reads the files that are there and replays the journal. Idempotent. Rejects where the disk cannot be read. */
  start(): Promise<void>;
  /** Takes a request. `accepted` means on disk; its spans are assembled after the answer. Never rejects. */
  accept(request: AcceptRequest): Promise<AcceptResult>;
  /** Writes every run that is complete by now; with `all` every run there is, complete or not. */
  flush(options?: { readonly all?: boolean }): Promise<void>;
  /**
   * Removes runs from the files, and from those of the conversations that they were part of; not what is still open.
   * Rejects as `eraseTrajectories` does.
   */
  erase(selector: ErasureSelector, options?: ErasureOptions): Promise<ErasureResult>;
  /** Drops superseded lines of runs and of conversations, as `TrajectoryStore.compact` does. */
  compact(options?: StoreCompactionOptions): Promise<CompactionResult>;
  stats(): PipelineStats;
  /** Why nothing should be sent here now, in words; empty while all is well. */
  problems(): readonly string[];
  /**
   * Takes no more requests, writes the runs that have ended, closes. Runs that go on stay in the journal; without a
   * journal they are written as they are. Idempotent, safe before `start`.
   */
  shutdown(deadlineMillis?: number): Promise<void>;
}
