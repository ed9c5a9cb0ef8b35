import { ExporterError } from '../exporter-error.ts';
import type { SegmentFile, SegmentFiles } from './segment-files.ts';
import type { SegmentFormat } from './segment-format.ts';
import type { SegmentFormats } from './segment-formats.ts';

const MAX_OPEN = 32;

/** Bytes to read from a segment. */
export interface SegmentRead {
  readonly segment: number;
  /** Where in the segment the record starts. */
  readonly offset: number;
  /** Bytes of its body in front of what is read. */
  readonly start: number;
  /** Filled whole. */
  readonly target: Uint8Array;
}

/** Segments that are open for reading, a few at a time. */
export interface SegmentReaders {
  /** Fills the target. Rejects with `journal_unreadable` where the disk does not give all the bytes. */
  read(read: SegmentRead): Promise<void>;
  /** Closes the segment's file, since the segment goes away. */
  forget(segment: number): Promise<void>;
  close(): Promise<void>;
}

export function createSegmentReaders(files: SegmentFiles, formats: SegmentFormats): SegmentReaders {
  return new OpenSegments(files, formats);
}

interface Opened {
  readonly file: SegmentFile;
  readonly format: SegmentFormat;
}

interface OpenFile {
  readonly opened: Promise<Opened>;
  readers: number;
  /** Whoever reads last closes it. */
  leaving: boolean;
}

class OpenSegments implements SegmentReaders {
  readonly #files: SegmentFiles;
  readonly #formats: SegmentFormats;
  /** The one that was opened longest ago first. */
  readonly #open = new Map<number, OpenFile>();

  constructor(files: SegmentFiles, formats: SegmentFormats) {
    this.#files = files;
    this.#formats = formats;
  }

  async read({ segment, offset, start, target }: SegmentRead): Promise<void> {
    const entry = this.#entryOf(segment);
    entry.readers += 1;
    try {
      const { file, format } = await entry.opened;
      const at = offset + format.headerBytes + start;
      const bytes = await file.read(target, at);
      if (bytes === target.length) {
        format.reveal({ offset, start, target });
        return;
      }
      const message = `journal segment ${segment} has ${bytes} of ${target.length} bytes at ${at}`;
      throw new ExporterError('journal_unreadable', message);
    } finally {
      entry.readers -= 1;
      if (entry.leaving) void closeIfFree(entry);
    }
  }

  forget(segment: number): Promise<void> {
    const entry = this.#open.get(segment);
    if (entry === undefined) return Promise.resolve();
    this.#open.delete(segment);
    entry.leaving = true;
    return closeIfFree(entry);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((segment) => this.forget(segment)));
  }

  #entryOf(segment: number): OpenFile {
    const known = this.#open.get(segment);
    if (known !== undefined) return known;
    const entry = { opened: this.#openSegment(segment), readers: 0, leaving: false };
    // Whoever reads hears of it; a failed opening must not stay for the next one.
    entry.opened.catch(() => this.#open.delete(segment));
    this.#open.set(segment, entry);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= MAX_OPEN) break;
      void this.forget(oldest);
    }
    return entry;
  }

  async #openSegment(segment: number): Promise<Opened> {
    const file = await this.#files.open(segment);
    try {
      const found = await this.#formats.of(file);
      if (found.kind === 'readable') return { file, format: found.format };
      const message = `the head of journal segment ${segment} cannot be read (${found.kind})`;
      throw new ExporterError('journal_unreadable', message);
    } catch (error) {
      await file.close();
      throw error;
    }
  }
}

async function closeIfFree(entry: OpenFile): Promise<void> {
  if (!entry.leaving || entry.readers > 0) return;
  const opened = await entry.opened.catch(() => undefined);
  await opened?.file.close().catch(() => undefined); // Only read from: nothing is lost with it.
}
