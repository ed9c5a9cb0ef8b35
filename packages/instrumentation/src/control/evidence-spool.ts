import { createHash } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import type { Diagnostics } from '../diagnostics.ts';

/**
 * Evidence on disk until the companion has it, so that what an agent must prove survives its own crash. The next process
 * sends what it finds (`send-left-evidence.ts`).
 */
export interface EvidenceSpool {
  /** Gets the JSON form of a record. False where it could not be kept: a full disk, no place, too much already. Never throws. */
  keep(json: string): boolean;
  /** The companion has everything that was kept. */
  clear(): void;
  /** Leaves what was kept for whoever sends left evidence, and begins anew. */
  leave(): void;
}

/** Where evidence is kept, and whose it is. */
export interface EvidenceSpoolOptions {
  readonly directory: string;
  readonly instance: string;
  readonly agent: string;
  readonly pid: number;
  readonly diagnostics: Diagnostics;
  /** More is not kept. Default 16 MiB. */
  readonly maxBytes?: number;
  /** It is for what the companion has refused: only the next process tries that again. */
  readonly isRefused?: boolean;
}

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

/** Names a file after its process and its machine: only there can be said whether the process still runs. */
export function spoolFileName(instance: string, pid: number, isRefused = false): string {
  const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 12);
  return `${instance}.${pid}.${machine}${isRefused ? '.refused' : ''}.jsonl`;
}

/** Nothing is made before there is something to keep. */
export function createEvidenceSpool(options: EvidenceSpoolOptions): EvidenceSpool {
  return new FileSpool(options);
}

class FileSpool implements EvidenceSpool {
  readonly #options: EvidenceSpoolOptions;
  readonly #path: string;
  #file: number | undefined;
  #size = 0;
  #left = 0;

  constructor(options: EvidenceSpoolOptions) {
    this.#options = options;
    const { directory, instance, pid, isRefused } = options;
    this.#path = join(directory, spoolFileName(instance, pid, isRefused));
  }

  keep(json: string): boolean {
    const { diagnostics, maxBytes = DEFAULT_MAX_BYTES } = this.#options;
    try {
      const line = Buffer.from(`${json}\n`);
      if (this.#size + line.length > maxBytes) {
        diagnostics.count('control.spool_full');
        return false;
      }
      this.#file ??= this.#open();
      this.#write(this.#file, line);
      return true;
    } catch (error) {
      diagnostics.count('control.spool_error');
      diagnostics.warnOnce('control.spool', `evidence cannot be kept on disk: ${String(error)}`);
      return false;
    }
  }

  clear(): void {
    this.#end(() => rmSync(this.#path, { force: true }));
  }

  leave(): void {
    const { directory, instance } = this.#options;
    // Process 0 is nobody's: whoever looks for left evidence takes it.
    const name = spoolFileName(`${instance}-${this.#left}`, 0);
    this.#left += 1;
    this.#end(() => renameSync(this.#path, join(directory, name)));
  }

  #open(): number {
    const { directory, instance, agent } = this.#options;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const file = openSync(this.#path, 'w', 0o600);
    this.#size = 0;
    try {
      this.#write(file, Buffer.from(`${JSON.stringify({ v: 1, instance, agent })}\n`));
    } catch (error) {
      // A full disk is tried again with each record: what was opened must not pile up.
      closeSync(file);
      throw error;
    }
    return file;
  }

  /** In the page cache when it returns: that outlives the process, though not the machine. */
  #write(file: number, line: Buffer): void {
    try {
      const written = writeSync(file, line, 0, line.length, this.#size);
      if (written < line.length) throw new Error(`${written} of ${line.length} bytes were written`);
      this.#size += line.length;
    } catch (error) {
      ftruncateSync(file, this.#size);
      throw error;
    }
  }

  #end(work: () => void): void {
    if (this.#file === undefined) return;
    const file = this.#file;
    this.#file = undefined;
    this.#size = 0;
    this.#options.diagnostics.protect(
      'control.spool_error',
      () => {
        closeSync(file);
        work();
      },
      undefined,
    );
  }
}
