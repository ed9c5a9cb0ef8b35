import { closeSync, openSync, readSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { openDataFile, type DataFile, type NewLine, type OpenOptions } from './data-file.ts';
import { indexPath } from './file-index.ts';
import { filePath, type FileName, type ListedFile } from './file-names.ts';
import { CELL_BYTES } from './index-cell.ts';
import { IndexView } from './index-view.ts';
import type { CellRef } from './known-lines.ts';
import { charsOf } from './line-text.ts';
import { readPlace } from './read-place.ts';
import { removeUnfinished } from './rewrite-file.ts';
import { createBufferPool } from './write-lines.ts';
import type { ZstdCodec } from './zstd-codec.ts';

/** Where a line has been written. */
export interface WrittenLine extends CellRef {
  /** Relative to the data directory. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

/** Options of {@link LineFiles}. */
export interface LineFilesOptions {
  readonly dataDir: string;
  /** From this size on a file is not continued; a single longer line has a file of its own. */
  readonly maxFileBytes: number;
  /** New files are compressed as they grow. */
  readonly live: boolean;
  /** For files that are compressed. */
  readonly zstd: () => ZstdCodec;
  /** See `OpenOptions`. */
  readonly indexDecides: boolean;
  /** Told when, after a failure, the index of a file had to be made anew: its cells have other numbers now. */
  readonly onAnew: (file: number, view: IndexView) => void;
}

/** Files that stay open, two descriptors each. */
const MAX_OPEN_FILES = 64;

/**
 * A family of files of lines: rotation, open files, and where a numbered file is. Appends to different bases may
 * run side by side, anything else one at a time.
 */
export class LineFiles {
  readonly #options: LineFilesOptions;
  /** By number; `undefined` once removed. */
  readonly #names: (FileName | undefined)[] = [];
  /** By base: number of its newest part's file. */
  readonly #newest = new Map<string, number>();
  readonly #open = new Map<number, DataFile>();
  readonly #pool = createBufferPool();
  /** Files that are being written. */
  readonly #busy = new Set<number>();

  constructor(options: LineFilesOptions) {
    this.#options = options;
  }

  /** Forgets what it knew and learns the files that are there, repairing them. */
  async load(
    files: readonly ListedFile[],
    onIndex: (file: number, view: IndexView) => void,
  ): Promise<void> {
    await this.close();
    this.#names.length = 0;
    this.#newest.clear();
    for (const name of files) {
      const number = this.#learn(name);
      if (name.compressed) await this.#removePlain(name);
      const file = await openDataFile(this.#where(name), (view) => onIndex(number, view));
      await file.close();
      await removeUnfinished(join(this.#options.dataDir, filePath(name)));
    }
  }

  /** Whether lines of this base have a file already. */
  has(base: string): boolean {
    return this.#newest.has(base);
  }

  path(file: number): string {
    const name = this.#names[file];
    if (name === undefined) throw new Error(`there is no file number ${file}`);
    return filePath(name);
  }

  /**
   * Appends lines behind the newest of their files, going on in a new part where that is full. Gives what is on disk
   * part by part: where a later part fails, the earlier ones stay written.
   */
  async *append(base: string, lines: readonly NewLine[]): AsyncGenerator<readonly WrittenLine[]> {
    for (let from = 0; from < lines.length;) {
      const number = await this.#writable(base, charsOf(lines[from]?.pieces ?? []));
      const file = await this.#opened(number);
      const count = fitting(lines, from, this.#options.maxFileBytes - file.bytes);
      yield await this.appendTo(number, lines.slice(from, from + count));
      from += count;
    }
  }

  /** Appends lines to this very file, whatever its size. */
  async appendTo(number: number, lines: readonly NewLine[]): Promise<readonly WrittenLine[]> {
    const file = await this.#opened(number);
    this.#busy.add(number);
    try {
      const placed = await file.append(lines);
      const path = this.path(number);
      return placed.map(({ line, cell }) => ({ file: number, path, line, cell }));
    } catch (error) {
      this.#open.delete(number);
      await file.close();
      throw error;
    } finally {
      this.#busy.delete(number);
    }
  }

  /** The cell at a place, as an index of that cell alone; `undefined` where there is none. */
  cell({ file, cell }: CellRef): IndexView | undefined {
    if (this.#names[file] === undefined) return undefined;
    const pending = this.#open.get(file)?.pendingCell(cell);
    if (pending !== undefined) return new IndexView(pending);
    const bytes = Buffer.alloc(CELL_BYTES);
    let descriptor: number;
    try {
      descriptor = openSync(indexPath(join(this.#options.dataDir, this.path(file))), 'r');
    } catch {
      return undefined; // The file has been removed: what it held is not known any more.
    }
    try {
      const read = readSync(descriptor, bytes, 0, CELL_BYTES, cell * CELL_BYTES);
      return read === CELL_BYTES ? new IndexView(bytes) : undefined;
    } finally {
      closeSync(descriptor);
    }
  }

  /** The line of a cell; `undefined` where its file is gone. */
  async read(ref: CellRef): Promise<Buffer | undefined> {
    const place = this.cell(ref)?.place(0);
    if (place === undefined) return undefined;
    const path = join(this.#options.dataDir, this.path(ref.file));
    const file = await open(path, 'r').catch(() => undefined);
    if (file === undefined) return undefined;
    try {
      return await readPlace(file, place, this.#options.zstd);
    } finally {
      await file.close();
    }
  }

  /** Whether more lines than superseded marks may be appended to a file. */
  isNewest({ base, part }: FileName): boolean {
    const newest = this.#newest.get(base);
    return newest !== undefined && this.#names[newest]?.part === part;
  }

  /** Closes a file, for whoever is about to replace or delete it; gives its number. */
  async release(name: FileName): Promise<number | undefined> {
    const number = this.#numberOf(name);
    const file = number === undefined ? undefined : this.#open.get(number);
    if (number !== undefined) this.#open.delete(number);
    await file?.close();
    return number;
  }

  /** Says that a file lies compressed now, its cells being where they were. */
  renamed(number: number): void {
    const name = this.#names[number];
    if (name !== undefined) this.#names[number] = { ...name, compressed: true };
  }

  /** Says that a file has been deleted. */
  forget(number: number): void {
    const name = this.#names[number];
    this.#names[number] = undefined;
    if (name === undefined || this.#newest.get(name.base) !== number) return;
    this.#newest.delete(name.base);
    for (const [other, left] of this.#names.entries()) {
      if (left?.base !== name.base) continue;
      const newest = this.#newest.get(name.base);
      if (newest === undefined || (this.#names[newest]?.part ?? 0) < left.part)
        this.#newest.set(name.base, other);
    }
  }

  async close(): Promise<void> {
    const files = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(files.map((file) => file.close()));
  }

  #learn(name: FileName): number {
    const number = this.#names.push(name) - 1;
    const newest = this.#newest.get(name.base);
    if (newest === undefined || (this.#names[newest]?.part ?? 0) < name.part)
      this.#newest.set(name.base, number);
    return number;
  }

  #numberOf({ base, part }: FileName): number | undefined {
    const number = this.#names.findIndex((name) => name?.base === base && name.part === part);
    return number === -1 ? undefined : number;
  }

  async #removePlain(name: FileName): Promise<void> {
    const { path } = this.#where({ ...name, compressed: false });
    await rm(path, { force: true });
    await rm(indexPath(path), { force: true });
  }

  /** The newest file of a base where a line of about that size may go. */
  async #writable(base: string, bytes: number): Promise<number> {
    const { live, maxFileBytes } = this.#options;
    const newest = this.#newest.get(base);
    if (newest === undefined) return this.#learn({ base, part: 1, compressed: live });
    const name = this.#names[newest];
    if (name !== undefined && name.compressed === live) {
      const file = await this.#opened(newest);
      if (file.bytes === 0 || file.bytes + bytes < maxFileBytes) return newest;
      await this.#closeFull(newest, file);
    }
    return this.#learn({ base, part: (name?.part ?? 0) + 1, compressed: live });
  }

  async #opened(number: number): Promise<DataFile> {
    const known = this.#open.get(number);
    if (known !== undefined) {
      this.#open.delete(number);
      this.#open.set(number, known);
      return known;
    }
    await this.#makeRoom();
    const name = this.#names[number];
    if (name === undefined) throw new Error(`there is no file number ${number}`);
    const file = await openDataFile(this.#where(name), (view, isAnew) => {
      if (isAnew) this.#options.onAnew(number, view);
    });
    this.#open.set(number, file);
    return file;
  }

  /** What is rotated is rarely written again, and is opened anew then. */
  async #closeFull(number: number, file: DataFile): Promise<void> {
    if (file.isBehind) return;
    this.#open.delete(number);
    await file.close();
  }

  async #makeRoom(): Promise<void> {
    if (this.#open.size < MAX_OPEN_FILES) return;
    for (const [number, file] of this.#open) {
      if (file.isBehind || this.#busy.has(number)) continue;
      this.#open.delete(number);
      await file.close();
      return;
    }
  }

  #where(name: FileName): OpenOptions {
    const { dataDir, zstd, indexDecides } = this.#options;
    return {
      indexDecides,
      pool: this.#pool,
      path: join(dataDir, filePath(name)),
      zstd: name.compressed ? zstd() : undefined,
    };
  }
}

/** How many of the lines from there on go into so many bytes; at least one. */
function fitting(lines: readonly NewLine[], from: number, room: number): number {
  let bytes = 0;
  for (let index = from; index < lines.length; index += 1) {
    bytes += charsOf(lines[index]?.pieces ?? []) + 1;
    if (bytes > room) return Math.max(1, index - from);
  }
  return lines.length - from;
}
