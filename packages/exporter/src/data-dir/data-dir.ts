import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ExporterError, isExporterError } from '../exporter-error.ts';
import { acquireExclusive, readIfThere, releaseExclusive } from './exclusive-file.ts';
import { parseLockInfo, type LockInfo } from './lock-info.ts';
import { LAYOUT_VERSION, MIGRATIONS, planMigration, type Migration } from './migrations.ts';
import { identify, isRunning } from './process-identity.ts';

export interface DataDirOptions {
  /** Milliseconds since the Unix epoch. Default `Date.now`. */
  readonly now?: () => number;
  /** The owner's process id. Default: this process. */
  readonly pid?: number;
  /** The layout that is wanted and the steps to it; for tests of what later releases will do. Default: this release's. */
  readonly layout?: { readonly version: number; readonly migrations: readonly Migration[] };
}

/** Where the owner of a data directory can be reached; each is added as soon as it is known. */
export interface DataDirAddresses {
  readonly otlp?: string;
  readonly console?: string;
  /** PEM file that the certificate of these is checked against. */
  readonly caFile?: string;
  readonly token?: string;
}

/** A data directory that belongs to us alone. */
export interface DataDir {
  /** Absolute path. */
  readonly path: string;
  /** What was changed to bring an older directory to this release's layout; empty as a rule. */
  readonly migrated: readonly string[];
  /** Adds addresses to what `readLock` tells others. After `close` it does nothing. */
  setAddresses(addresses: DataDirAddresses): Promise<void>;
  /** Gives the directory up. Idempotent. */
  close(): Promise<void>;
}

/** The directory, or who has it: another process, or another part of this one. */
export type OpenDataDir =
  | { readonly kind: 'opened'; readonly dataDir: DataDir }
  | { readonly kind: 'in_use'; readonly owner: LockInfo };

/**
 * Opens a data directory for this process alone: makes it (private to its user) where there is none, writes its
 * `VERSION`, takes its `lock`. A lock that a dead process left is taken over; exactly one of several processes gets it.
 *
 * Rejects with `ExporterError`: `data_dir_version` for the layout of another version, `data_dir_unusable` when it
 * cannot be made or written. The lock works between processes of one machine that see each other's process ids.
 */
export async function openDataDir(
  path: string,
  { now = Date.now, pid = process.pid, layout = LAYOUT }: DataDirOptions = {},
): Promise<OpenDataDir> {
  const absolute = resolve(path);
  try {
    await mkdir(absolute, { recursive: true, mode: 0o700 });
    await stepsToLayout(absolute, layout);
    const startedAt = new Date(now()).toISOString();
    const { processStart } = await identify(pid);
    const owner: LockInfo = {
      v: 1,
      pid,
      startedAt,
      ...(processStart === undefined ? {} : { processStart }),
    };
    const lock = await acquireExclusive(join(absolute, 'lock'), owner);
    if (lock.kind === 'held') return { kind: 'in_use', owner: lock.owner };
    const dataDir = new LockedDataDir(absolute, owner, await bringToLayout(absolute, layout));
    return { kind: 'opened', dataDir };
  } catch (cause) {
    if (isExporterError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ExporterError(
      'data_dir_unusable',
      `cannot use ${absolute} as data directory (${reason}); choose a directory on a local disk that you may write`,
      { cause },
    );
  }
}

/** The running owner of a data directory, or `undefined` when nobody has it open. Changes nothing. */
export async function readLock(path: string): Promise<LockInfo | undefined> {
  const text = await readIfThere(join(path, 'lock'));
  const owner = text === undefined ? undefined : parseLockInfo(text);
  return owner !== undefined && (await isRunning(owner)) ? owner : undefined;
}

class LockedDataDir implements DataDir {
  readonly path: string;
  readonly migrated: readonly string[];
  readonly #lock: string;
  #info: LockInfo;
  /** Changes of the lock file, one behind the other. */
  #changes: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(path: string, info: LockInfo, migrated: readonly string[]) {
    this.path = path;
    this.migrated = migrated;
    this.#lock = join(path, 'lock');
    this.#info = info;
  }

  setAddresses(addresses: DataDirAddresses): Promise<void> {
    return this.#change(async () => {
      if (this.#closed) return;
      this.#info = { ...this.#info, ...addresses };
      await replaceFile(this.#lock, JSON.stringify(this.#info));
    });
  }

  close(): Promise<void> {
    return this.#change(async () => {
      if (this.#closed) return;
      this.#closed = true;
      await releaseExclusive(this.#lock);
    });
  }

  #change(change: () => Promise<void>): Promise<void> {
    const done = this.#changes.then(change);
    // The caller gets the failure; the next change is tried all the same.
    this.#changes = done.catch(() => undefined);
    return done;
  }
}

const LAYOUT = { version: LAYOUT_VERSION, migrations: MIGRATIONS };

type Layout = NonNullable<DataDirOptions['layout']>;

/** Runs what is missing, with the lock held; the version is written after each step. Says what was done. */
async function bringToLayout(path: string, layout: Layout): Promise<readonly string[]> {
  const steps = await stepsToLayout(path, layout);
  try {
    for (const step of steps ?? []) {
      await step.run(path);
      await writeVersion(path, step.from + 1);
    }
    if (steps === undefined) await writeVersion(path, layout.version);
  } catch (cause) {
    await releaseExclusive(join(path, 'lock'));
    throw cause;
  }
  return (steps ?? []).map(({ what }) => what);
}

/** What is to be done; `undefined` for a new directory. Rejects for a version that no steps lead from. */
async function stepsToLayout(
  path: string,
  layout: Layout,
): Promise<readonly Migration[] | undefined> {
  const text = (await readIfThere(join(path, 'VERSION')))?.trim();
  if (text === undefined) return undefined;
  const version = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : Number.NaN;
  const steps = planMigration(version, layout.version, layout.migrations);
  if (steps !== undefined && !Number.isNaN(version)) return steps;
  const found = JSON.stringify(text.slice(0, 40));
  const why =
    version > layout.version
      ? `was written by a later aftertrace (layout version ${version}, this one knows ${layout.version}): use that one, or a backup from before; nothing was changed`
      : `has layout version ${found}, from which this aftertrace knows no way to its own, ${layout.version}; use the aftertrace that wrote it, or another directory`;
  throw new ExporterError('data_dir_version', `${path} ${why}`);
}

function writeVersion(path: string, version: number): Promise<void> {
  return replaceFile(join(path, 'VERSION'), `${version}\n`);
}

/** Readers see the old content or the new one, never a part. */
async function replaceFile(path: string, text: string): Promise<void> {
  const finished = `${path}.${randomUUID()}`;
  await writeFile(finished, text, { mode: 0o600, flag: 'wx' });
  await rename(finished, path);
}
