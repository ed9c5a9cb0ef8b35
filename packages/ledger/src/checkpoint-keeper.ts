import type { LedgerCheckpoint } from '@aftertrace/schema';
import type { SigningKey } from '@aftertrace/schema/ed25519';

import type { AppendFile } from './append-file.ts';
import { openCheckpointFile, type CheckpointFile } from './checkpoint-file.ts';
import { signCheckpoint, type CheckpointLine } from './checkpoint.ts';
import { EMPTY_HEAD, type LedgerHead } from './seal-entry.ts';

/** How the head of a ledger is signed, and where it is written. */
export interface CheckpointOptions {
  readonly key: SigningKey;
  /**
   * Files that get every checkpoint: one beside the ledger, and one that whoever can change the ledger cannot, as on
   * another disk or machine. One that fails does not keep the others, or the ledger, from going on.
   */
  readonly files: readonly string[];
  /** The first entry after a pause is signed at once, later ones together after so long. Default 1 s. */
  readonly everyMillis?: number;
  /** Called with each checkpoint, for places that are no files. It must not throw. */
  readonly onCheckpoint?: (checkpoint: LedgerCheckpoint) => void;
  /** Told when a file cannot be written, and again when it can. */
  readonly onProblem?: (message: string) => void;
  /** Runs work after so long and returns how to call it off. Default: a timer that keeps no process alive. */
  readonly schedule?: (millis: number, work: () => void) => () => void;
}

export interface CheckpointKeeperOptions extends CheckpointOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly openFile: (path: string) => Promise<AppendFile>;
}

/** Signs the head of a ledger as it moves on. */
export interface CheckpointKeeper {
  /** The newest checkpoint in each file; files without one are left out. */
  readonly found: readonly FoundCheckpoint[];
  /** The ledger ends here now, on disk. */
  note(head: LedgerHead): void;
  /** Signs what is not signed yet and closes. */
  close(): Promise<void>;
}

export interface FoundCheckpoint extends CheckpointLine {
  readonly file: string;
}

const DEFAULT_EVERY_MILLIS = 1000;

/** @throws LedgerError `checkpoint_unreadable` for a file that ends with something else. */
export async function openCheckpoints(options: CheckpointKeeperOptions): Promise<CheckpointKeeper> {
  const files: CheckpointFile[] = [];
  try {
    for (const path of options.files) files.push(await openCheckpointFile(path, options.openFile));
  } catch (error) {
    for (const file of files) await file.close();
    throw error;
  }
  return new Keeper(options, files);
}

interface Place {
  readonly file: CheckpointFile;
  /** Entries that its newest checkpoint states. */
  stated: number;
  isFailing: boolean;
}

class Keeper implements CheckpointKeeper {
  readonly found: readonly FoundCheckpoint[];
  readonly #options: CheckpointKeeperOptions;
  readonly #places: readonly Place[];
  #last: CheckpointLine | undefined;
  #head: LedgerHead = EMPTY_HEAD;
  #callOff: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  #isClosing = false;

  constructor(options: CheckpointKeeperOptions, files: readonly CheckpointFile[]) {
    this.#options = options;
    this.#places = files.map((file) => ({
      file,
      stated: file.last?.checkpoint.entries ?? 0,
      isFailing: false,
    }));
    this.found = files.flatMap(({ path, last }) =>
      last === undefined ? [] : [{ ...last, file: path }],
    );
    this.#last = this.found.toSorted((a, b) => b.checkpoint.entries - a.checkpoint.entries)[0];
  }

  note(head: LedgerHead): void {
    this.#head = head;
    if (this.#callOff === undefined && this.#writing === undefined) this.#write();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#callOff?.();
    await this.#writing;
    await this.#writeAll();
    await Promise.allSettled(this.#places.map(async ({ file }) => file.close()));
  }

  #isBehind(): boolean {
    return this.#places.some(({ stated }) => stated <= this.#head.seq);
  }

  #write(): void {
    if (!this.#isBehind()) return;
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = undefined;
      this.#pause();
    });
  }

  #pause(): void {
    if (this.#isClosing) return;
    const { everyMillis = DEFAULT_EVERY_MILLIS, schedule = timer } = this.#options;
    this.#callOff = schedule(everyMillis, () => {
      this.#callOff = undefined;
      this.#write();
    });
  }

  /** Never rejects: a ledger that cannot be signed now goes on, loudly, and is signed as soon as that works. */
  async #writeAll(): Promise<void> {
    const { key, now, onCheckpoint } = this.#options;
    const head = this.#head;
    if (head.seq < 0 || !this.#isBehind()) return;
    if ((this.#last?.checkpoint.entries ?? 0) <= head.seq) {
      const at = new Date(now()).toISOString();
      this.#last = signCheckpoint({ head, at, last: this.#last }, key);
      onCheckpoint?.(this.#last.checkpoint);
    }
    const last = this.#last;
    if (last === undefined) return;
    await Promise.all(this.#places.map(async (place) => this.#writeTo(place, last)));
  }

  async #writeTo(place: Place, { checkpoint, line }: CheckpointLine): Promise<void> {
    const { file } = place;
    if (place.stated >= checkpoint.entries) return;
    const { onProblem } = this.#options;
    try {
      await file.append(line);
      place.stated = checkpoint.entries;
      if (place.isFailing) onProblem?.(`checkpoints are written to ${file.path} again`);
      place.isFailing = false;
    } catch (error) {
      if (!place.isFailing) {
        onProblem?.(
          `checkpoints cannot be written to ${file.path} (${String(error)}): until that works, nothing there shows if the ledger is cut`,
        );
      }
      place.isFailing = true;
    }
  }
}

function timer(millis: number, work: () => void): () => void {
  const timeout = setTimeout(work, millis).unref();
  return () => clearTimeout(timeout);
}
