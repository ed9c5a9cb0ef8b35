import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { sha256Hex } from '@aftertrace/schema';

import type { ControlLog } from './control-core.ts';

/**
 * Room on disk that was taken in advance, for orders that the audit ledger cannot take now: a full disk must neither
 * make a kill impossible nor let a restart forget it. What is kept is written over bytes that the file has already.
 */
export interface ContainmentReserve {
  /** What an earlier process had kept, and how many lines of it cannot be read. */
  readonly left: { readonly facts: readonly unknown[]; readonly damaged: number };
  /** True once it is on disk; false where there is no room or the disk refuses. Never rejects. */
  readonly keep: (fact: unknown) => Promise<boolean>;
  /** Everything that was kept is in the ledger. Never rejects. */
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A thousand orders, more or less. */
const RESERVED_BYTES = 256 * 1024;
const EMPTY = '\n';

/** Nothing is kept: for who could not make the file. */
export const NO_RESERVE: ContainmentReserve = Object.freeze({
  left: { facts: [], damaged: 0 },
  keep: async () => Promise.resolve(false),
  clear: async () => Promise.resolve(),
  close: async () => Promise.resolve(),
});

/**
 * Opens the file, for its own user only; makes it where there is none.
 *
 * @throws where it cannot be made or read; go on with `NO_RESERVE` and say so.
 */
export async function openContainmentReserve(path: string): Promise<ContainmentReserve> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await openFile(path);
  try {
    const text = await readAll(file);
    const missing = RESERVED_BYTES - Buffer.byteLength(text);
    if (missing > 0) await write(file, EMPTY.repeat(missing), Buffer.byteLength(text));
    return new Reserve(file, text);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The reserve in a data directory, made in advance: when it is needed there is no room to make it. Never rejects. */
export async function openReserve(options: {
  readonly dataDir: string;
  readonly log: ControlLog;
}): Promise<ContainmentReserve> {
  try {
    return await openContainmentReserve(join(options.dataDir, 'containments.reserve'));
  } catch (error) {
    const without = 'an order that the ledger cannot take would be forgotten by a restart';
    options.log('warn', `no reserve for containments (${String(error)}): ${without}`);
    return NO_RESERVE;
  }
}

class Reserve implements ContainmentReserve {
  readonly left: ContainmentReserve['left'];
  readonly #file: FileHandle;
  #used: number;
  /** Writes happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(file: FileHandle, text: string) {
    this.#file = file;
    this.#used = bytesInUse(text);
    this.left = readFacts(text);
  }

  keep = async (fact: unknown): Promise<boolean> =>
    this.#next(async () => {
      const line = toLine(fact);
      const length = Buffer.byteLength(line);
      if (this.#used + length > RESERVED_BYTES) return false;
      await write(this.#file, line, this.#used);
      this.#used += length;
      return true;
    });

  clear = async (): Promise<void> => {
    await this.#next(async () => {
      if (this.#used === 0) return true;
      await write(this.#file, EMPTY.repeat(this.#used), 0);
      this.#used = 0;
      return true;
    });
  };

  close = async (): Promise<void> => {
    await this.#turn;
    await this.#file.close();
  };

  /** False where the disk refuses: the caller says so, and what is in force stays in force. */
  async #next(work: () => Promise<boolean>): Promise<boolean> {
    const done = this.#turn.then(work).catch(() => false);
    this.#turn = done;
    return done;
  }
}

/** Up to the end of the last line that holds something. */
function bytesInUse(text: string): number {
  let end = text.length;
  while (end > 0 && text[end - 1] === EMPTY) end -= 1;
  return end === 0 ? 0 : Buffer.byteLength(text.slice(0, end + 1));
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return open(path, 'wx+', 0o600);
  }
}

async function readAll(file: FileHandle): Promise<string> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(size);
  await file.read(buffer, 0, size, 0);
  return buffer.toString('utf8');
}

async function write(file: FileHandle, text: string, position: number): Promise<void> {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, undefined, position + written);
    written += bytesWritten;
  }
  await file.datasync();
}

/** A checksum before each: what a crash cut short is no order. */
function toLine(fact: unknown): string {
  const json = JSON.stringify(fact);
  return `${sha256Hex(json)} ${json}\n`;
}

function readFacts(text: string): ContainmentReserve['left'] {
  const facts: unknown[] = [];
  let damaged = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const json = line.slice(65);
    if (sha256Hex(json) === line.slice(0, 64)) facts.push(JSON.parse(json) as unknown);
    else damaged += 1;
  }
  return { facts, damaged };
}
