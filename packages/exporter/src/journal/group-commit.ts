import { ExporterError } from '../exporter-error.ts';
import { freeMemory } from '../free-memory.ts';
import type { JournalRecord } from './journal-record.ts';
import type { SegmentFile, SegmentFiles } from './segment-files.ts';
import type { SegmentFormat } from './segment-format.ts';
import type { SegmentFormats } from './segment-formats.ts';
import type { SegmentUses } from './segment-uses.ts';

/** Records a write; two buffers each, and the system takes 1,024 at once. */
const MAX_BATCH_RECORDS = 512;

/** A segment that nobody uses is given up early from this size on, so that a crash replays little. */
const RETIRE_BYTES = 64 * 1024;

/** Where a record is. */
export interface Position {
  /** Number of the segment file. */
  readonly segment: number;
  /** Byte in the segment at which the record starts. */
  readonly offset: number;
}

/** A segment was given up because the disk refused; what it had acknowledged stays in it. */
export interface AbandonedSegment {
  readonly segment: number;
  readonly cause: unknown;
}

export interface GroupCommitOptions {
  readonly files: SegmentFiles;
  readonly formats: SegmentFormats;
  readonly uses: SegmentUses;
  readonly segmentMaxBytes: number;
  readonly maxQueuedBytes: number;
  readonly onAbandoned: (abandoned: AbandonedSegment) => void;
}

/** Writes records of many callers with one sync for all that wait. */
export interface GroupCommit {
  /** Number of the next segment; must be above all that exist. */
  begin(nextSegment: number): void;
  append(record: JournalRecord): Promise<Position>;
  /** Closes the active segment if nobody uses it; called when somebody stopped using it. */
  retireIfUnused(segment: number): void;
  /** Waits for what was appended, then seals the active segment. */
  finish(): Promise<void>;
  /** Behind the last acknowledged record of the active segment; `undefined` where none is active. */
  end(): Position | undefined;
  queuedBytes(): number;
}

interface Pending {
  readonly record: JournalRecord;
  readonly bytes: number;
  readonly resolve: (position: Position) => void;
  readonly reject: (error: Error) => void;
}

interface ActiveSegment {
  readonly segment: number;
  readonly file: SegmentFile;
  readonly format: SegmentFormat;
  /** Bytes that are on disk and acknowledged. */
  bytes: number;
}

export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  return new SerialGroupCommit(options);
}

class SerialGroupCommit implements GroupCommit {
  readonly #options: GroupCommitOptions;
  #queue: Pending[] = [];
  #queuedBytes = 0;
  #active: ActiveSegment | undefined;
  #nextSegment = 1;
  #pumping: Promise<void> | undefined;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  begin(nextSegment: number): void {
    this.#nextSegment = nextSegment;
  }

  queuedBytes(): number {
    return this.#queuedBytes;
  }

  append(record: JournalRecord): Promise<Position> {
    const { formats, maxQueuedBytes } = this.#options;
    const bytes = formats.headerBytes + record.body.length;
    if (this.#queuedBytes + bytes > maxQueuedBytes) {
      const message = `the journal has ${this.#queuedBytes} bytes waiting for the disk; ${bytes} more would pass the limit of ${maxQueuedBytes}`;
      return Promise.reject(new ExporterError('journal_overloaded', message));
    }
    this.#queuedBytes += bytes;
    return new Promise((resolve, reject) => {
      this.#queue.push({ record, bytes, resolve, reject });
      this.#pumping ??= this.#pump();
    });
  }

  retireIfUnused(segment: number): void {
    // While records are being written the next of them looks.
    if (this.#active?.segment !== segment || this.#pumping !== undefined) return;
    if (this.#isRetirable(this.#active)) this.#pumping = this.#goOn(this.#seal());
  }

  end(): Position | undefined {
    const active = this.#active;
    return active && { segment: active.segment, offset: active.bytes };
  }

  async finish(): Promise<void> {
    while (this.#pumping !== undefined) await this.#pumping;
    await this.#seal();
  }

  #pump(): Promise<void> {
    return this.#goOn(this.#commitAll());
  }

  /** Appends that came while the last step ended start the next one. */
  async #goOn(work: Promise<void>): Promise<void> {
    await work;
    this.#pumping = this.#queue.length > 0 ? this.#pump() : undefined;
  }

  async #commitAll(): Promise<void> {
    // One turn of the event loop, so that requests which are ready together share the first sync too.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      let active: ActiveSegment;
      try {
        active = await this.#segmentFor(this.#queue[0]?.bytes ?? 0);
      } catch (cause) {
        // Nobody in the queue would fare better.
        this.#fail(this.#take(this.#queue.length), cause);
        return;
      }
      await this.#commit(active, this.#takeFitting(active));
    }
  }

  async #commit(active: ActiveSegment, batch: readonly Pending[]): Promise<void> {
    const first = active.bytes === 0 ? active.format.head.length : active.bytes;
    const offsets = offsetsOf(batch, first);
    const encoded = batch.map(({ record }, index) =>
      active.format.encode(record, offsets[index] ?? 0),
    );
    const buffers = encoded.flat();
    if (active.bytes === 0 && first > 0) buffers.unshift(active.format.head);
    try {
      await active.file.write(buffers, active.bytes);
      await active.file.sync();
    } catch (cause) {
      await this.#abandon(active, cause);
      this.#fail(batch, cause);
      return;
    } finally {
      // What was encrypted was only for the disk.
      for (const [index, [, body]] of encoded.entries())
        if (body !== batch[index]?.record.body) freeMemory(body);
    }
    const bytes = batch.reduce((sum, pending) => sum + pending.bytes, 0);
    this.#options.uses.retain(active.segment, batch.length);
    active.bytes = first + bytes;
    this.#queuedBytes -= bytes;
    for (const [index, pending] of batch.entries())
      pending.resolve({ segment: active.segment, offset: offsets[index] ?? 0 });
  }

  async #segmentFor(bytes: number): Promise<ActiveSegment> {
    const { files, formats, uses, segmentMaxBytes } = this.#options;
    const active = this.#active;
    if (active !== undefined) {
      const fits = active.bytes === 0 || active.bytes + bytes <= segmentMaxBytes;
      if (fits && !this.#isRetirable(active)) return active;
      await this.#seal();
    }
    const segment = this.#nextSegment;
    this.#nextSegment += 1;
    const file = await files.create(segment);
    uses.add(segment, { sealed: false, pendingReplay: false });
    this.#active = { segment, file, format: formats.forNew(), bytes: 0 };
    return this.#active;
  }

  #isRetirable({ segment, bytes }: ActiveSegment): boolean {
    return bytes >= RETIRE_BYTES && this.#options.uses.isUnused(segment);
  }

  #takeFitting({ bytes }: ActiveSegment): readonly Pending[] {
    let total = bytes;
    let count = 0;
    for (const pending of this.#queue) {
      total += pending.bytes;
      if (count > 0 && total > this.#options.segmentMaxBytes) break;
      count += 1;
      if (count === MAX_BATCH_RECORDS) break;
    }
    return this.#take(count);
  }

  #take(count: number): readonly Pending[] {
    const taken = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    return taken;
  }

  #fail(batch: readonly Pending[], cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new ExporterError(
      'journal_unavailable',
      `the journal could not be written (${reason}); nothing of this request is stored, send it again later`,
      { cause },
    );
    for (const pending of batch) {
      this.#queuedBytes -= pending.bytes;
      pending.reject(error);
    }
  }

  async #seal(): Promise<void> {
    const active = this.#active;
    if (active === undefined) return;
    this.#active = undefined;
    await quietly(active.file.close());
    this.#options.uses.seal(active.segment);
  }

  /**
   * After a failed write or sync nobody knows what the disk has: the same file is never synced again, since the
   * kernel reports a lost page once only. What had been acknowledged before stays; the rest is cut if possible.
   */
  async #abandon(active: ActiveSegment, cause: unknown): Promise<void> {
    this.#options.onAbandoned({ segment: active.segment, cause });
    await quietly(active.file.truncate(active.bytes));
    await this.#seal();
  }
}

/** Where each record starts, the first of them at an offset. */
function offsetsOf(batch: readonly Pending[], first: number): readonly number[] {
  let offset = first;
  return batch.map(({ bytes }) => {
    const start = offset;
    offset += bytes;
    return start;
  });
}

/** For cleaning up behind a failure that is already being reported. */
async function quietly(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch {
    // The data was synced or is being reported as refused; a failed close or cut changes neither.
  }
}
