import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import { readWholeLines, type FileLine } from './read-lines.ts';

/** A JSONL file that grows by whole lines only. */
export interface LineFile {
  /** Whole lines in it. */
  readonly lines: number;
  /**
   * Appends lines and waits until they are on disk. When the disk refuses, the file is cut back to what it was and the
   * error is thrown: none of the lines is in it.
   */
  append(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens or creates the file (0600, its directories 0700) and cuts a last line that a crash left unfinished.
 *
 * @param onLine told of every whole line that is there already
 */
export async function openLineFile(
  path: string,
  onLine?: (line: FileLine) => void,
): Promise<LineFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'a+', 0o600);
  try {
    let lines = 0;
    let end = 0;
    for await (const line of readWholeLines(file)) {
      lines = line.number;
      end = line.endOffset;
      onLine?.(line);
    }
    const { size } = await file.stat();
    if (size > end) {
      await file.truncate(end);
      await file.sync();
    }
    if (end === 0) await syncDirectory(dirname(path));
    return new AppendedFile(file, lines, end);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class AppendedFile implements LineFile {
  readonly #file: FileHandle;
  #lines: number;
  #end: number;

  constructor(file: FileHandle, lines: number, end: number) {
    this.#file = file;
    this.#lines = lines;
    this.#end = end;
  }

  get lines(): number {
    return this.#lines;
  }

  async append(lines: readonly string[]): Promise<void> {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    try {
      await this.#file.appendFile(bytes);
      await this.#file.sync();
    } catch (error) {
      await this.#file.truncate(this.#end).catch(() => {
        // The disk refuses this too; the next opening cuts what is not a whole line.
      });
      throw error;
    }
    this.#lines += lines.length;
    this.#end += bytes.length;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Makes a new file's name as durable as its content. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
