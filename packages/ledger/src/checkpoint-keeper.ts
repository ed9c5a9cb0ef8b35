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
   * another disk or machine. One that fails, or hangs, does not keep the others, or the ledger, from going on.
   */
  readonly files: readonly string[];
  /** The first entry after a pause is signed at once, later ones together after so long. Default 1 s. */
  readonly everyMillis?: number;
  /** Called with each checkpoint, for places that are no files. It must not throw. */
  readonly onCheckpoint?: (checkpoint: LedgerCheckpoint) => void;
  /** Told when a file cannot be written, and again when it can; and of one that alone has no checkpoints. */
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
  /**
   * Signs the head now. True once the first file, the one beside the ledger, states so many entries; false where it cannot
   * be written, or does not answer in time.
   */
  signed(entries: number): Promise<boolean>;
  /** Signs what is not signed yet and closes. */
  close(): Promise<void>;
}

export interface FoundCheckpoint extends CheckpointLine {
  readonly file: string;
}

const DEFAULT_EVERY_MILLIS = 1000;
/** A file that is still busy so many rounds later is told. */
const ROUNDS_OF_PATIENCE = 10;
/** So long the end waits for files. */
const CLOSE_MILLIS = 5000;

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

const IF_NOT_NEW = 'if it is not new, its disk is not there, or somebody took them away';

interface Place {
  readonly file: CheckpointFile;
  /** Entries that its newest checkpoint states. */
  stated: number;
  isFailing: boolean;
  /** What is being written there. A file that hangs, as on a share that went away, keeps nobody waiting but itself. */
  writing: Promise<void> | undefined;
  /** Rounds that found it still busy. */
  roundsBusy: number;
}

class Keeper implements CheckpointKeeper {
  readonly found: readonly FoundCheckpoint[];
  readonly #options: CheckpointKeeperOptions;
  readonly #places: readonly Place[];
  #last: CheckpointLine | undefined;
  #head: LedgerHead = EMPTY_HEAD;
  #callOff: (() => void) | undefined;

  constructor(options: CheckpointKeeperOptions, files: readonly CheckpointFile[]) {
    this.#options = options;
    this.#places = files.map((file) => ({
      file,
      stated: file.last?.checkpoint.entries ?? 0,
      isFailing: false,
      writing: undefined,
      roundsBusy: 0,
    }));
    this.found = files.flatMap(({ path, last }) =>
      last === undefined ? [] : [{ ...last, file: path }],
    );
    this.#last = this.found.toSorted((a, b) => b.checkpoint.entries - a.checkpoint.entries)[0];
    if (this.#last === undefined) return;
    // A disk that is not mounted looks like this, and what is written there then lies beside the log.
    for (const { path, last } of files) {
      if (last === undefined)
        options.onProblem?.(`${path} has no checkpoints yet, and other places have: ${IF_NOT_NEW}`);
    }
  }

  note(head: LedgerHead): void {
    this.#head = head;
    if (this.#callOff === undefined) this.#round();
  }

  async signed(entries: number): Promise<boolean> {
    this.#write();
    await this.#untilWritten();
    return (this.#places[0]?.stated ?? 0) >= entries;
  }

  async close(): Promise<void> {
    this.#callOff?.();
    this.#write();
    await this.#untilWritten();
    const idle = this.#places.filter(({ writing }) => writing === undefined);
    await Promise.allSettled(idle.map(async ({ file }) => file.close()));
  }

  #isBehind(): boolean {
    return this.#places.some(({ stated }) => stated <= this.#head.seq);
  }

  #round(): void {
    this.#callOff = undefined;
    if (!this.#isBehind()) return;
    for (const place of this.#places) this.#lookAt(place);
    this.#write();
    const { everyMillis = DEFAULT_EVERY_MILLIS, schedule = timer } = this.#options;
    this.#callOff = schedule(everyMillis, () => this.#round());
  }

  #lookAt(place: Place): void {
    place.roundsBusy = place.writing === undefined ? 0 : place.roundsBusy + 1;
    if (place.roundsBusy === ROUNDS_OF_PATIENCE) this.#fails(place, 'it does not answer');
  }

  /** Signs what is not signed yet, and gives it to every file that is not busy: those take it when they are done. */
  #write(): void {
    const { key, now, onCheckpoint } = this.#options;
    const head = this.#head;
    if (head.seq < 0 || !this.#isBehind()) return;
    if ((this.#last?.checkpoint.entries ?? 0) <= head.seq) {
      const at = new Date(now()).toISOString();
      this.#last = signCheckpoint({ head, at, last: this.#last }, key);
      onCheckpoint?.(this.#last.checkpoint);
    }
    const entries = this.#last?.checkpoint.entries ?? 0;
    for (const place of this.#places) {
      if (place.stated < entries) place.writing ??= this.#catchUp(place);
    }
  }

  /** Never rejects: a ledger that cannot be signed now goes on, loudly, and is signed as soon as that works. */
  async #catchUp(place: Place): Promise<void> {
    const { file } = place;
    try {
      for (let last = this.#last; last !== undefined; last = this.#last) {
        const { checkpoint, line } = last;
        if (place.stated >= checkpoint.entries) return;
        await file.append(line);
        place.stated = checkpoint.entries;
        if (place.isFailing)
          this.#options.onProblem?.(`checkpoints are written to ${file.path} again`);
        place.isFailing = false;
      }
    } catch (error) {
      this.#fails(place, String(error));
    } finally {
      place.writing = undefined;
    }
  }

  #fails(place: Place, why: string): void {
    if (place.isFailing) return;
    place.isFailing = true;
    this.#options.onProblem?.(
      `checkpoints cannot be written to ${place.file.path} (${why}): until that works, nothing there shows if the ledger is cut`,
    );
  }

  /** Until every file has what was signed, or one has hung for long enough. */
  async #untilWritten(): Promise<void> {
    const writing = this.#places.map(async (place) => place.writing);
    const { schedule = timer } = this.#options;
    let callOff = (): void => undefined;
    const patience = new Promise<void>((resolve) => {
      callOff = schedule(CLOSE_MILLIS, resolve);
    });
    await Promise.race([Promise.all(writing), patience]);
    callOff();
    for (const place of this.#places) {
      if (place.writing !== undefined) this.#fails(place, 'it does not answer');
    }
  }
}

function timer(millis: number, work: () => void): () => void {
  const timeout = setTimeout(work, millis).unref();
  return () => clearTimeout(timeout);
}
