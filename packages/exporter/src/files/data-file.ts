import { constants } from 'node:fs';
import { mkdir, open, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import { builderState, countLines, indexPath, loadIndex, replaceIndex } from './file-index.ts';
import { CELL_BYTES } from './index-cell.ts';
import { IndexBuilder, type IndexedLine } from './index-builder.ts';
import { IndexView } from './index-view.ts';
import type { Pieces } from './line-text.ts';
import { syncDirectory } from './sync-directory.ts';
import { encodeLines, writeAll, writeLines, type BufferPool } from './write-lines.ts';
import type { ZstdCodec } from './zstd-codec.ts';

/** A line to append, without its newline. */
export interface NewLine {
  readonly pieces: Pieces;
  readonly indexed: IndexedLine;
}

/** Where a line has been put. */
export interface AppendedLine {
  /** Line number from 1. */
  readonly line: number;
  /** Number of its cell. */
  readonly cell: number;
}

/** A trajectory file that grows by whole lines only, with its index. */
export interface DataFile {
  /** Bytes of whole lines in it, as they lie on disk. */
  readonly bytes: number;
  readonly lines: number;
  /** Cells that could not be written to the index yet: while there are any, the file must stay open. */
  readonly isBehind: boolean;
  /** A cell that only memory has; `undefined` for one that the index file has. */
  pendingCell(cell: number): Buffer | undefined;
  /**
   * Appends lines and waits until they are on disk, all with one write and one sync. When the disk refuses, the file is
   * cut back, nothing more is written through it, and the error is thrown: none of the lines is in it.
   */
  append(lines: readonly NewLine[]): Promise<readonly AppendedLine[]>;
  close(): Promise<void>;
}

/** How to open a file. */
export interface OpenOptions {
  readonly path: string;
  /** For compressed files: each batch becomes a frame of its own, which every zstd reads as one text. */
  readonly zstd: ZstdCodec | undefined;
  /**
   * Lines do not say what they are, the index alone does: it is synced with each batch, and lines that it does not
   * tell of are cut at the next opening. Otherwise it is made anew from the lines.
   */
  readonly indexDecides: boolean;
  readonly pool: BufferPool;
}

/**
 * Opens or creates the file (0600, its directories 0700), cuts what a crash left unfinished at its end, and brings its
 * index up to date.
 *
 * @param onIndex told of the index of what is there, and whether some of it had to be made anew
 */
export async function openDataFile(
  { path, zstd, indexDecides, pool }: OpenOptions,
  onIndex?: (view: IndexView, isAnew: boolean) => void,
): Promise<DataFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  let index: FileHandle | undefined;
  try {
    const loaded = await loadIndex({ path, file, zstd, indexDecides });
    const { size } = await file.stat();
    if (size > loaded.covered) await cutTail(file, path, { size, whole: loaded.covered });
    if (loaded.onDisk === 0) await replaceIndex(path, loaded.cells);
    index = await open(indexPath(path), 'r+');
    if (loaded.onDisk > 0) {
      await index.truncate(loaded.onDisk);
      await index.write(loaded.cells, loaded.onDisk, undefined, loaded.onDisk);
      // Newer than the file, also where nothing was missing but a torn tail was cut.
      if (size > loaded.covered) await touch(index);
    }
    if (loaded.covered === 0) await syncDirectory(dirname(path));
    const view = new IndexView(loaded.cells);
    onIndex?.(view, loaded.covered > 0 && loaded.onDisk < loaded.cells.length);
    return new AppendedFile({
      file,
      index,
      zstd,
      indexDecides,
      pool,
      cells: loaded.cells,
      bytes: loaded.covered,
    });
  } catch (error) {
    await index?.close();
    await file.close();
    throw error;
  }
}

const FRAME_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

async function cutTail(
  file: FileHandle,
  path: string,
  { size, whole }: { readonly size: number; readonly whole: number },
): Promise<void> {
  if (path.endsWith('.zst')) {
    const tail = Buffer.alloc(size - whole);
    await file.read(tail, 0, tail.length, whole);
    // More than the one frame that a crash can leave unfinished: a damaged disk. Nothing of it is thrown away.
    if (tail.indexOf(FRAME_MAGIC, 4) !== -1)
      await writeFile(`${path}.damaged-${whole}`, tail, { mode: 0o600 });
  }
  await file.truncate(whole);
  await file.sync();
}

async function touch(file: FileHandle): Promise<void> {
  const now = new Date();
  await file.utimes(now, now);
}

interface AppendedState {
  readonly file: FileHandle;
  readonly index: FileHandle;
  readonly zstd: ZstdCodec | undefined;
  readonly indexDecides: boolean;
  readonly pool: BufferPool;
  readonly cells: Buffer;
  readonly bytes: number;
}

class AppendedFile implements DataFile {
  readonly #file: FileHandle;
  readonly #index: FileHandle;
  readonly #zstd: ZstdCodec | undefined;
  readonly #indexDecides: boolean;
  readonly #pool: BufferPool;
  readonly #builder: IndexBuilder;
  #bytes: number;
  #lines: number;
  /** Cells that could not be written yet, and where they belong. */
  #behind: Buffer[] = [];
  #indexBytes: number;
  #failed: unknown;

  constructor({ file, index, zstd, indexDecides, pool, cells, bytes }: AppendedState) {
    this.#indexDecides = indexDecides;
    this.#pool = pool;
    this.#file = file;
    this.#index = index;
    this.#zstd = zstd;
    this.#builder = new IndexBuilder(builderState(cells));
    this.#bytes = bytes;
    this.#lines = countLines(new IndexView(cells));
    this.#indexBytes = cells.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get lines(): number {
    return this.#lines;
  }

  get isBehind(): boolean {
    return this.#behind.length > 0;
  }

  pendingCell(cell: number): Buffer | undefined {
    const from = cell * CELL_BYTES - this.#indexBytes;
    if (from < 0 || this.#behind.length === 0) return undefined;
    const behind = Buffer.concat(this.#behind);
    return from < behind.length ? behind.subarray(from, from + CELL_BYTES) : undefined;
  }

  async append(lines: readonly NewLine[]): Promise<readonly AppendedLine[]> {
    if (this.#failed !== undefined) throw this.#failed;
    let end: number;
    let placed: readonly AppendedLine[];
    try {
      const { lengths, written } = await this.#write(lines);
      end = this.#bytes + written;
      await this.#file.datasync();
      placed = this.#indexAll(lines, { lengths, frameLength: written });
      this.#builder.commit(end);
      this.#behind.push(this.#builder.take());
      await this.#writeIndex();
    } catch (error) {
      this.#failed = error;
      // After a failed sync nobody knows what the disk has: the next opening looks.
      await this.#cutBack().catch(() => undefined);
      throw error;
    }
    this.#bytes = end;
    this.#lines += lines.length;
    return placed;
  }

  async close(): Promise<void> {
    try {
      if (this.#failed === undefined) await this.#catchUp();
    } catch {
      // The next opening makes from the file what is missing in the index.
    } finally {
      await this.#index.close();
      await this.#file.close();
    }
  }

  /** Gives the bytes of each line without its newline, and all bytes as they lie in the file. */
  async #write(
    lines: readonly NewLine[],
  ): Promise<{ readonly lengths: readonly number[]; readonly written: number }> {
    if (this.#zstd === undefined) {
      const lengths = await writeLines(this.#file, this.#bytes, { lines, pool: this.#pool });
      return { lengths, written: lengths.reduce((sum, length) => sum + length + 1, 0) };
    }
    const { bytes, lengths } = encodeLines(lines);
    const frame = await this.#zstd.compress(bytes);
    await writeAll(this.#file, frame, this.#bytes);
    return { lengths, written: frame.length };
  }

  #indexAll(
    lines: readonly NewLine[],
    { lengths, frameLength }: { readonly lengths: readonly number[]; readonly frameLength: number },
  ): readonly AppendedLine[] {
    const isPlain = this.#zstd === undefined;
    let within = 0;
    return lines.map(({ indexed }, index) => {
      const length = lengths[index] ?? 0;
      const cell = this.#builder.add(indexed, {
        offset: isPlain ? this.#bytes + within : this.#bytes,
        length,
        within: isPlain ? 0 : within,
        frameLength: isPlain ? 0 : frameLength,
      });
      within += length + 1;
      return { line: this.#lines + index + 1, cell };
    });
  }

  /** The index stays newer than the file, or it would not be believed. */
  async #cutBack(): Promise<void> {
    await this.#file.truncate(this.#bytes);
    await touch(this.#index);
  }

  async #writeIndex(): Promise<void> {
    if (this.#indexDecides) {
      await this.#catchUp();
      await this.#index.datasync();
      return;
    }
    await this.#catchUp().catch(() => {
      // The lines are safe. Their cells wait for the next write; a restart makes them anew.
    });
  }

  async #catchUp(): Promise<void> {
    if (this.#behind.length === 0) return;
    const cells = this.#behind.length === 1 ? this.#behind[0] : Buffer.concat(this.#behind);
    if (cells === undefined) return;
    await writeAll(this.#index, cells, this.#indexBytes);
    this.#indexBytes += cells.length;
    this.#behind = [];
  }
}
