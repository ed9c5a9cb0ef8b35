import { renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Actor, LedgerEntry, LedgerEntryInput } from '@aftertrace/schema';

import { openAppendFile, syncDirectory, type AppendFile } from './append-file.ts';
import {
  compareWithCheckpoints,
  lastSeqsOf,
  requireSignedRemoval,
  sealedAnew,
} from './compare-checkpoints.ts';
import {
  openCheckpoints,
  type CheckpointKeeper,
  type CheckpointOptions,
} from './checkpoint-keeper.ts';
import { LedgerError } from './ledger-error.ts';
import {
  readCarried,
  readEntries,
  readStored,
  type EntryFilter,
  type LedgerView,
  type StoredEntry,
} from './read-entries.ts';
import { recover, type LedgerBase, type Recovery } from './recover.ts';
import { CARRIED, carriedData, TRIMMED, type Carried, type Removal } from './removal.ts';
import {
  freezeInput,
  sealEntry,
  type FrozenInput,
  type LedgerHead,
  type SealedLine,
} from './seal-entry.ts';
import {
  copyLines,
  evidenceThrough,
  findCut,
  goingEntries,
  stayingEntries,
  type Cut,
  type TrimRequest,
  type TrimResult,
} from './trim-ledger.ts';

export interface LedgerOptions {
  /** The file; made with mode 0600 where there is none. One process at a time may write to it. */
  readonly path: string;
  /** Milliseconds since the epoch, for the entry that notes a repair. */
  readonly now: () => number;
  /** Called once an entry is on disk, in order. It must not throw; if it does, the process is warned and goes on. */
  readonly onEntry?: (entry: LedgerEntry) => void;
  /** Bytes that may wait in memory for the disk; beyond, `append` rejects with `ledger_overloaded`. Default 64 MiB. */
  readonly maxPendingBytes?: number;
  /** Signs how far the ledger goes, here and elsewhere. Absent: nothing shows that its end was cut off. */
  readonly checkpoints?: CheckpointOptions;
  /** How the files are opened; a seam for tests of failing disks. */
  readonly openFile?: (path: string) => Promise<AppendFile>;
}

export interface Ledger {
  /**
   * Seals an entry and resolves when it is on disk. Calls are written in the order in which they were made.
   *
   * @throws LedgerError; the entry is then not in the ledger, and the next call may succeed.
   */
  append(input: LedgerEntryInput): Promise<LedgerEntry>;
  /** The last entry that is on disk; seq -1 and 64 zeros for an empty ledger. */
  head(): LedgerHead;
  /**
   * The entries that were on disk at the time of the call, oldest first; where entries were removed, those of them that
   * were carried over come before.
   */
  entries(filter?: EntryFilter): AsyncIterable<LedgerEntry>;
  /** Bytes that the file has. */
  bytes(): number;
  /** The entries that the file has, with the bytes that they take. */
  stored(): AsyncIterable<StoredEntry>;
  /** What had arrived of each process by the entries that were removed. */
  carriedEvidence(): AsyncIterable<NonNullable<Carried['evidence']>>;
  /** What the file begins after; undefined while nothing was removed. */
  removal(): Removal | undefined;
  /**
   * Removes entries from the beginning. Before, entries say what was removed and carry over what is still needed, and that
   * is signed for. Whatever it is interrupted by, the ledger is either as before, or with all of it done.
   *
   * @throws LedgerError `trim_refused` where it could not be signed for, or there is no such entry; nothing was removed then.
   */
  trim(request: TrimRequest): Promise<TrimResult>;
  /** Writes what waits, then closes the file. Idempotent. */
  close(): Promise<void>;
}

const SYSTEM: Actor = { kind: 'system', id: 'aftertrace/ledger', assurance: 'asserted' };

/**
 * Opens a ledger and checks its whole chain. A last line that a crash cut short is removed, and a `ledger.opened`
 * entry says so.
 *
 * @throws LedgerError `ledger_broken` for a chain with a hole, a change or foreign lines; `ledger_cut` for one that is
 * shorter, or another, than its checkpoints say; `checkpoint_unreadable` where these cannot be read.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { path, now, checkpoints, openFile = openAppendFile } = options;
  const keeper =
    checkpoints === undefined
      ? undefined
      : await openCheckpoints({ ...checkpoints, now, openFile });
  let file: AppendFile | undefined;
  try {
    const found = keeper?.found ?? [];
    file = await openFile(path);
    const recovery = await recover(path, lastSeqsOf(found));
    if (checkpoints !== undefined) {
      compareWithCheckpoints({ path, recovery, found }, checkpoints.key);
      requireSignedRemoval({ path, recovery, found });
    }
    // What a removal left that did not come to its end.
    await rm(draftOf(path), { force: true });
    const ledger = new FileLedger(options, { file, recovery, keeper });
    const repaired = recovery.tail === undefined ? undefined : await ledger.repair(recovery.tail);
    const anew = sealedAnew(recovery.head, found, checkpoints?.key);
    // One entry says it all, and nothing is signed before that entry: a crash in between must not leave it unsaid.
    if (repaired === undefined && anew === undefined) keeper?.note(recovery.head);
    else await ledger.noteOpened({ ...repaired, ...anew });
    return ledger;
  } catch (error) {
    await file?.close();
    await keeper?.close();
    throw error;
  }
}

interface LedgerParts {
  readonly file: AppendFile;
  readonly recovery: Recovery;
  readonly keeper: CheckpointKeeper | undefined;
}

interface Pending {
  readonly input: FrozenInput;
  readonly resolve: (entry: LedgerEntry) => void;
  readonly reject: (error: unknown) => void;
}

const DEFAULT_MAX_PENDING_BYTES = 64 * 1024 * 1024;
/** Entries that are written together when others are removed. */
const CARRY_AT_ONCE = 1000;

class FileLedger implements Ledger {
  readonly #options: LedgerOptions;
  #file: AppendFile;
  readonly #maxPendingBytes: number;
  #head: LedgerHead;
  /** Bytes of the file that hold acknowledged entries: whatever lies behind is not ours, or is to be cut. */
  #size: number;
  #mustTruncate = false;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #warned = false;
  readonly #keeper: CheckpointKeeper | undefined;
  #base: LedgerBase | undefined;
  #trimming: Promise<unknown> = Promise.resolve();

  constructor(options: LedgerOptions, { file, recovery, keeper }: LedgerParts) {
    this.#options = options;
    this.#file = file;
    this.#keeper = keeper;
    this.#maxPendingBytes = options.maxPendingBytes ?? DEFAULT_MAX_PENDING_BYTES;
    this.#head = recovery.head;
    this.#size = recovery.size;
    this.#base = recovery.base;
  }

  /** Completes or cuts what a crash left at the end; says what is to be noted of it. */
  async repair(tail: NonNullable<Recovery['tail']>): Promise<Readonly<Record<string, unknown>>> {
    if (tail.keep) {
      await this.#file.append('\n');
      this.#size += 1;
    } else {
      await this.#file.truncate(this.#size);
    }
    await this.#file.sync();
    return { repaired: tail.keep ? 'completed' : 'cut', bytes: tail.bytes };
  }

  /** Writes down what was not as it should be when the ledger was opened. */
  async noteOpened(data: Readonly<Record<string, unknown>>): Promise<void> {
    const at = new Date(this.#options.now()).toISOString();
    await this.append({ at, actor: SYSTEM, type: 'ledger.opened', data: { ...data } });
  }

  append(input: LedgerEntryInput): Promise<LedgerEntry> {
    return new Promise((resolve, reject) => {
      if (this.#closing !== undefined) {
        throw closed(this.#options.path);
      }
      const frozen = freezeInput(input);
      if (this.#pendingBytes + frozen.bytes > this.#maxPendingBytes) {
        throw new LedgerError(
          'ledger_overloaded',
          `${this.#pendingBytes} bytes wait for ${this.#options.path}, as many as allowed. Try again.`,
        );
      }
      this.#pending.push({ input: frozen, resolve, reject });
      this.#pendingBytes += frozen.bytes;
      this.#writing ??= this.#writeAll();
    });
  }

  head(): LedgerHead {
    return this.#head;
  }

  entries(filter: EntryFilter = {}): AsyncIterable<LedgerEntry> {
    return readEntries(this.#view, { ...filter, throughSeq: this.#head.seq });
  }

  bytes(): number {
    return this.#size;
  }

  stored(): AsyncIterable<StoredEntry> {
    return readStored(this.#view());
  }

  async *carriedEvidence(): AsyncGenerator<NonNullable<Carried['evidence']>> {
    for await (const { evidence } of readCarried(this.#view()))
      if (evidence !== undefined) yield evidence;
  }

  removal(): Removal | undefined {
    return this.#base;
  }

  trim(request: TrimRequest): Promise<TrimResult> {
    const trimmed = this.#trimming.then(async () => this.#trim(request));
    this.#trimming = trimmed.catch(() => undefined);
    return trimmed;
  }

  readonly #view = (): LedgerView => ({
    path: this.#options.path,
    size: this.#size,
    base: this.#base,
  });

  async #trim({ through, actor, policy, carry }: TrimRequest): Promise<TrimResult> {
    // Before anything is written: what is tried every hour would fill a disk that is full already.
    if (!(await this.#isSigned(this.#head.seq))) throw unsigned(this.#options.path);
    const view = this.#view();
    const cut = await findCut(view, through);
    const evidence = await evidenceThrough(view, { through, nowMillis: this.#options.now() });
    const needed = await carry(
      () => goingEntries(view, through),
      () => stayingEntries(view, through),
    );
    const trim = `${this.#head.seq}-${this.#head.hash.slice(0, 16)}`;
    const at = new Date(this.#options.now()).toISOString();
    const carried = carriedData(trim, needed, evidence);
    for (let from = 0; from < carried.length; from += CARRY_AT_ONCE) {
      const some = carried.slice(from, from + CARRY_AT_ONCE);
      await Promise.all(some.map(async (data) => this.append({ at, actor, type: CARRIED, data })));
    }
    const data = { trim, through, hash: cut.hash, carried: carried.length, policy };
    const { seq } = await this.append({ at, actor, type: TRIMMED, data });
    if (!(await this.#isSigned(seq))) throw unsigned(this.#options.path);
    const bytesBefore = this.#size;
    await this.#cutOff(cut, trim);
    return { entries: cut.entries, bytesBefore, bytesAfter: this.#size, carried: needed.length };
  }

  async #isSigned(seq: number): Promise<boolean> {
    return (await this.#keeper?.signed(seq + 1)) ?? false;
  }

  /** Puts the rest of the file in its place. What comes meanwhile waits for the last part of it only. */
  async #cutOff({ offset }: Cut, trim: string): Promise<void> {
    const { path, openFile = openAppendFile } = this.#options;
    const draft = await openFile(draftOf(path));
    let isInPlace = false;
    try {
      await draft.truncate(0);
      const copy = async (start: number, end: number): Promise<void> =>
        copyLines({ path, start, end }, async (text) => draft.append(text));
      const copied = this.#size;
      await copy(offset, copied);
      const { base } = await recover(draftOf(path), new Set());
      if (base?.trim !== trim) throw unsigned(path);
      await this.#alone(async () => {
        if (this.#mustTruncate) await this.#cut();
        await copy(copied, this.#size);
        await draft.sync();
        // In one go: who reads finds either file, and knows which.
        renameSync(draftOf(path), path);
        const before = this.#file;
        [this.#file, this.#size, this.#base, isInPlace] = [draft, this.#size - offset, base, true];
        await syncDirectory(dirname(path));
        await before.close().catch(() => undefined); // Nobody can reach that file any more.
      });
    } finally {
      if (!isInPlace) {
        await draft.close();
        await rm(draftOf(path), { force: true });
      }
    }
  }

  /** While nothing is written. */
  async #alone(work: () => Promise<void>): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#closing !== undefined) throw closed(this.#options.path);
    const turn = work();
    this.#writing = turn.catch(() => undefined);
    try {
      await turn;
    } finally {
      this.#writing = this.#pending.length > 0 ? this.#writeAll() : undefined;
    }
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      // Not once: a removal hands what came meanwhile to the next one that writes.
      while (this.#writing !== undefined) await this.#writing;
      await this.#keeper?.close();
      await this.#file.close();
    })();
    return this.#closing;
  }

  /** One batch after the other: what arrives while one is written goes with the next. */
  async #writeAll(): Promise<void> {
    // A turn of the event loop, so that calls made together are one batch.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      this.#pendingBytes = 0;
      try {
        const sealed = await this.#writeBatch(batch);
        this.#keeper?.note(this.#head);
        batch.forEach((pending, index) => this.#acknowledge(pending, sealed[index]));
      } catch (error) {
        for (const pending of batch) pending.reject(error);
      }
    }
    this.#writing = undefined;
  }

  async #writeBatch(batch: readonly Pending[]): Promise<readonly SealedLine[]> {
    const sealed: SealedLine[] = [];
    let head = this.#head;
    for (const { input } of batch) {
      const line = sealEntry(input, head);
      sealed.push(line);
      head = line.head;
    }
    const text = sealed.map(({ line }) => `${line}\n`).join('');
    await this.#writeText(text);
    this.#head = head;
    this.#size += Buffer.byteLength(text);
    return sealed;
  }

  async #writeText(text: string): Promise<void> {
    const { path } = this.#options;
    try {
      if (this.#mustTruncate) await this.#cut();
      const size = await this.#file.size();
      if (size !== this.#size) {
        throw new LedgerError(
          'ledger_changed',
          `${path} has ${size} bytes and should have ${this.#size}: something else writes to it. Stop that, and open the ledger again.`,
        );
      }
      this.#mustTruncate = true;
      await this.#file.append(text);
      await this.#file.sync();
      this.#mustTruncate = false;
    } catch (cause) {
      if (this.#mustTruncate) await this.#cut().catch(() => undefined); // Tried again before the next write.
      if (LedgerError.is(cause)) throw cause;
      throw new LedgerError(
        'ledger_write_failed',
        `${path} could not be written (${cause instanceof Error ? cause.message : String(cause)}); the entry is not in the ledger. Make room or repair the disk, and try again.`,
        { cause },
      );
    }
  }

  /** Takes back what a failed write may have left behind the last acknowledged entry. */
  async #cut(): Promise<void> {
    await this.#file.truncate(this.#size);
    this.#mustTruncate = false;
    await this.#file.sync();
  }

  #acknowledge(pending: Pending, sealed: SealedLine | undefined): void {
    if (sealed === undefined) return;
    const { entry } = sealed;
    try {
      this.#options.onEntry?.(entry);
    } catch (error) {
      if (!this.#warned) process.emitWarning(`ledger: onEntry threw: ${String(error)}`);
      this.#warned = true;
    }
    pending.resolve(entry);
  }
}

/** Beside the ledger while entries are removed; left out of backups by its name. */
function draftOf(path: string): string {
  return `${path}.tmp`;
}

function closed(path: string): LedgerError {
  return new LedgerError('ledger_closed', `${path} has been closed.`);
}

function unsigned(path: string): LedgerError {
  return new LedgerError(
    'trim_refused',
    `Nothing was removed from ${path}: no checkpoint could be written for the entry that says so. Make sure that the checkpoints beside it can be written.`,
  );
}
