import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parseLockInfo, type LockInfo } from './lock-info.ts';
import { isRunning } from './process-identity.ts';

const RETRY_MILLIS = 10;
const MAX_ATTEMPTS = 300;

/** Whether we have the file now, or who has it. */
export type Exclusive =
  | { readonly kind: 'acquired' }
  | { readonly kind: 'held'; readonly owner: LockInfo };

/**
 * Makes `path` ours, unless a running process has it.
 *
 * The file appears with its whole content at once (a hard link to a finished file), and only once. One that a dead
 * process left is removed by whoever holds its guard: a file of the same kind, named after the content that is to be
 * removed. So two processes that find the same dead lock cannot remove each other's new one, and a guard that was left
 * by a crash is itself a dead lock, removed in the same way.
 */
export async function acquireExclusive(path: string, owner: LockInfo): Promise<Exclusive> {
  const finished = `${path}.${owner.pid}-${randomUUID()}`;
  await writeFile(finished, JSON.stringify(owner), { mode: 0o600, flag: 'wx' });
  try {
    for (let attempt = 1; ; attempt += 1) {
      if (await linked(finished, path)) return { kind: 'acquired' };
      const text = await readIfThere(path);
      if (text === undefined) continue;
      const holder = parseLockInfo(text);
      if (holder !== undefined && (await isRunning(holder))) return { kind: 'held', owner: holder };
      const guard = await removeDead({ path, text, owner });
      if (guard.kind === 'acquired') continue;
      // Somebody else is removing it at this moment; if that takes seconds, the directory is theirs.
      if (attempt >= MAX_ATTEMPTS) return guard;
      await delay(RETRY_MILLIS);
    }
  } finally {
    await unlink(finished);
  }
}

/** Removes a lock that we hold. */
export async function releaseExclusive(path: string): Promise<void> {
  await unlinkIfThere(path);
}

interface DeadLock {
  readonly path: string;
  /** What the dead lock says. */
  readonly text: string;
  readonly owner: LockInfo;
}

async function removeDead({ path, text, owner }: DeadLock): Promise<Exclusive> {
  const name = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const guard = `${path}.break-${name}`;
  const acquired = await acquireExclusive(guard, owner);
  if (acquired.kind === 'held') return acquired;
  try {
    // Somebody may have removed it, and taken the lock, before we had the guard.
    if ((await readIfThere(path)) === text) await unlinkIfThere(path);
  } finally {
    await releaseExclusive(guard);
  }
  return acquired;
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The text of a file, or `undefined` when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
