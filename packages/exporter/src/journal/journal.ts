import { ExporterError } from '../exporter-error.ts';
import { createGroupCommit, type GroupCommit, type Position } from './group-commit.ts';
import type { JournalEncryption } from './journal-keys.ts';
import type { JournalRecord } from './journal-record.ts';
import { readRecord, scanSegment, type SegmentScan } from './scan-segment.ts';
import { createSegmentFiles, type SegmentFiles } from './segment-files.ts';
import type { SegmentFormat } from './segment-format.ts';
import { createSegmentFormats, isForeign, type SegmentFormats } from './segment-formats.ts';
import { createSegmentReaders, type SegmentReaders } from './segment-readers.ts';
import { createSegmentUses, type SegmentUses } from './segment-uses.ts';

const DEFAULT_SEGMENT_MAX_BYTES = 64 * 1024 * 1024;
const DEFAULT_MAX_QUEUED_BYTES = 256 * 1024 * 1024;

export interface JournalOptions {
  /** Directory of the segments; made private to its user. One journal a directory: the data directory's lock sees to it. */
  readonly dir: string;
  /** A segment is closed before it grows beyond this. A larger record has a segment of its own. Default 64 MiB. */
  readonly segmentMaxBytes?: number;
  /** Bytes that may wait for the disk; appends beyond it are refused. Default 256 MiB. */
  readonly maxQueuedBytes?: number;
  /** Seals new segments with a key. Default: bodies stand on disk as they came, in files of mode 0600. */
  readonly encryption?: JournalEncryption;
  /** Told of each segment that the disk made unusable or would not delete. Default: counted only. */
  readonly onProblem?: (problem: JournalProblem) => void;
  /** The file system; given by tests that let it fail. */
  readonly files?: SegmentFiles;
}

/**
 * Something went wrong with a segment.
 *
 * - `segment_abandoned`, `segment_not_removed`: acknowledged records are safe.
 * - `segment_unreadable`: nothing in it can be read, and it may be a sealed segment whose head was changed; it is left as
 *   it is, for a copy of it to be put in its place.
 */
export interface JournalProblem {
  readonly kind: 'segment_abandoned' | 'segment_not_removed' | 'segment_unreadable';
  readonly segment: number;
  readonly cause: unknown;
}

/** What a start found on disk. */
export interface JournalRecovery {
  /** Segments with intact records. */
  readonly segments: number;
  /** Intact records, which `replay` will give. */
  readonly records: number;
  /** Segments whose unfinished last write was cut off; never acknowledged. */
  readonly tornTails: number;
  readonly tornBytes: number;
  /** Stretches in front of intact records that the disk has damaged. They are skipped and left as they are. */
  readonly damagedRanges: number;
  readonly damagedBytes: number;
}

/** Counters since the start. */
export interface JournalStats {
  /** Segments on disk, the active one included. */
  readonly segments: number;
  readonly queuedBytes: number;
  readonly appended: number;
  /** Appends that were refused: disk, overload, closed. */
  readonly refused: number;
  readonly abandonedSegments: number;
  /** Number of the first segment that is there; `undefined` for none. */
  readonly oldestSegment: number | undefined;
  /** Behind the last acknowledged record; `undefined` where there is no segment. */
  readonly end: Position | undefined;
}

/** A record from before the start. */
export interface ReplayedRecord {
  readonly position: Position;
  readonly record: JournalRecord;
}

/**
 * Append-only files of requests: acknowledged means on disk.
 *
 * Each position that `append` or `replay` gives is retained once for whoever gets it. A run that needs the record
 * longer retains the segment for itself; everybody releases when done. A segment that nobody retains is deleted.
 */
export interface Journal {
  /**
   * Reads and checks all segments, cuts torn tails. Idempotent. Rejects when the directory cannot be read, and with
   * `journal_key_missing` where a segment was sealed with a key that was not given: then nothing was changed.
   */
  start(): Promise<JournalRecovery>;
  /**
   * Resolves when the record is on disk; appends that wait together share one sync. Rejects with `ExporterError`:
   * `journal_unavailable` (disk; the next append tries a new segment), `journal_overloaded`, `journal_closed`.
   */
  append(record: JournalRecord): Promise<Position>;
  /** The records from before the start, oldest first. To be called once, before or while appends go on. */
  replay(): AsyncIterable<ReplayedRecord>;
  /**
   * Fills the target with bytes of a record's body that somebody retains, from `start` on. Rejects with
   * `journal_unreadable` where the disk does not give them all.
   */
  read(position: Position, start: number, target: Uint8Array): Promise<void>;
  /** One more use of a segment that is retained already. Throws `journal_not_retained` when it is not there. */
  retain(segment: number): void;
  /** One use less. Throws `journal_not_retained` when nobody retains it. */
  release(segment: number): void;
  stats(): JournalStats;
  /** Takes no more appends, finishes those it has, closes; removes what nobody uses. Idempotent, safe before start. */
  shutdown(): Promise<void>;
}

export function createJournal(options: JournalOptions): Journal {
  return new SegmentedJournal(options);
}

interface Recovered {
  readonly format: SegmentFormat;
  readonly offsets: readonly number[];
}

class SegmentedJournal implements Journal {
  readonly #files: SegmentFiles;
  readonly #uses: SegmentUses;
  readonly #commit: GroupCommit;
  readonly #onProblem: (problem: JournalProblem) => void;
  readonly #readers: SegmentReaders;
  readonly #formats: SegmentFormats;
  /** The intact records by segment, of what was there at the start. */
  readonly #recovered = new Map<number, Recovered>();
  readonly #removals = new Set<Promise<void>>();
  #started: Promise<JournalRecovery> | undefined;
  #state: 'new' | 'running' | 'closed' = 'new';
  #appended = 0;
  #refused = 0;
  #abandoned = 0;

  constructor(options: JournalOptions) {
    this.#files = options.files ?? createSegmentFiles(options.dir);
    this.#formats = createSegmentFormats(options.encryption);
    this.#readers = createSegmentReaders(this.#files, this.#formats);
    this.#onProblem = (problem) => {
      try {
        options.onProblem?.(problem);
      } catch {
        // Whoever logs this failed; the journal goes on.
      }
    };
    this.#uses = createSegmentUses((segment) => this.#remove(segment));
    this.#commit = createGroupCommit({
      files: this.#files,
      formats: this.#formats,
      uses: this.#uses,
      segmentMaxBytes: options.segmentMaxBytes ?? DEFAULT_SEGMENT_MAX_BYTES,
      maxQueuedBytes: options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES,
      onAbandoned: ({ segment, cause }) => {
        this.#abandoned += 1;
        this.#onProblem({ kind: 'segment_abandoned', segment, cause });
      },
    });
  }

  start(): Promise<JournalRecovery> {
    this.#started ??= this.#recover();
    return this.#started;
  }

  async append(record: JournalRecord): Promise<Position> {
    try {
      if (this.#state !== 'running') {
        throw new ExporterError(
          'journal_closed',
          `the journal takes no records: it ${this.#state === 'new' ? 'was not started' : 'has been shut down'}`,
        );
      }
      const position = await this.#commit.append(record);
      this.#appended += 1;
      return position;
    } catch (error) {
      this.#refused += 1;
      throw error;
    }
  }

  async *replay(): AsyncGenerator<ReplayedRecord> {
    for (const [segment, { offsets, format }] of this.#recovered) {
      const file = await this.#files.open(segment);
      try {
        const size = await file.size();
        for (const offset of offsets) {
          const found = await readRecord({ file, format, size }, offset);
          // Intact at the start: unreadable now means that the disk is failing. The rest is still worth reading.
          if (found === undefined) continue;
          this.#uses.retain(segment);
          yield { position: { segment, offset }, record: found.record };
        }
      } finally {
        await file.close();
      }
      this.#recovered.delete(segment);
      this.#uses.replayed(segment);
    }
  }

  read({ segment, offset }: Position, start: number, target: Uint8Array): Promise<void> {
    return this.#readers.read({ segment, offset, start, target });
  }

  retain(segment: number): void {
    this.#uses.retain(segment);
  }

  release(segment: number): void {
    this.#uses.release(segment);
    this.#commit.retireIfUnused(segment);
  }

  stats(): JournalStats {
    const segments = this.#uses.segments();
    return {
      segments: segments.length,
      oldestSegment: segments[0],
      end: this.#commit.end() ?? endOfSegment(segments.at(-1)),
      queuedBytes: this.#commit.queuedBytes(),
      appended: this.#appended,
      refused: this.#refused,
      abandonedSegments: this.#abandoned,
    };
  }

  async shutdown(): Promise<void> {
    const wasRunning = this.#state === 'running';
    this.#state = 'closed';
    if (wasRunning) await this.#commit.finish();
    await this.#readers.close();
    await Promise.all(this.#removals);
  }

  async #recover(): Promise<JournalRecovery> {
    const segments = await this.#files.list();
    // First of all, so that a journal whose key is missing is left as it is.
    for (const segment of segments) await this.#requireKey(segment);
    const scans: SegmentScan[] = [];
    for (const segment of segments) scans.push(await this.#recoverSegment(segment));
    this.#commit.begin((segments.at(-1) ?? 0) + 1);
    if (this.#state === 'new') this.#state = 'running';
    const sum = (pick: (scan: SegmentScan) => number): number =>
      scans.reduce((total, scan) => total + pick(scan), 0);
    return {
      segments: this.#recovered.size,
      records: sum(({ offsets }) => offsets.length),
      tornTails: sum(({ tornBytes }) => (tornBytes > 0 ? 1 : 0)),
      tornBytes: sum(({ tornBytes }) => tornBytes),
      damagedRanges: sum(({ damaged }) => damaged.length),
      damagedBytes: sum(({ damaged }) => damaged.reduce((total, { bytes }) => total + bytes, 0)),
    };
  }

  async #requireKey(segment: number): Promise<void> {
    const file = await this.#files.open(segment);
    try {
      const found = await this.#formats.of(file);
      if (found.kind !== 'key_missing') return;
      throw new ExporterError(
        'journal_key_missing',
        `journal segment ${segment} is encrypted with the key of id ${found.keyId}, which was not given; give that key back, as the one in use or as one of the older keys. Nothing was changed. If the key is lost for good, so is what the segment holds: move it out of the journal's directory then`,
      );
    } finally {
      await file.close();
    }
  }

  async #recoverSegment(segment: number): Promise<SegmentScan> {
    const file = await this.#files.open(segment);
    try {
      const size = await file.size();
      const found = await this.#formats.of(file);
      if (found.kind !== 'readable') return this.#leave(segment, size);
      const { format } = found;
      const scan = await scanSegment({ file, format, size });
      if (scan.offsets.length === 0 && (await isForeign(file))) return this.#leave(segment, size);
      if (scan.tornBytes > 0) await file.truncate(scan.intactBytes);
      this.#uses.add(segment, { sealed: true, pendingReplay: true });
      if (scan.offsets.length > 0) this.#recovered.set(segment, { format, offsets: scan.offsets });
      else this.#uses.replayed(segment);
      return scan;
    } finally {
      await file.close();
    }
  }

  /** A segment of which nothing can be read stays as it is. */
  #leave(segment: number, size: number): SegmentScan {
    const cause = new Error('its head was changed');
    this.#onProblem({ kind: 'segment_unreadable', segment, cause });
    const damaged = [{ offset: 0, bytes: size }];
    return { offsets: [], intactBytes: size, tornBytes: 0, damaged };
  }

  #remove(segment: number): void {
    const removal = this.#readers
      .forget(segment)
      .then(() => this.#files.remove(segment))
      .catch((cause: unknown) => this.#onProblem({ kind: 'segment_not_removed', segment, cause }))
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }
}

/** Behind all of a segment that takes nothing more. */
export function endOfSegment(segment: number | undefined): Position | undefined {
  return segment === undefined ? undefined : { segment, offset: Number.MAX_SAFE_INTEGER };
}
