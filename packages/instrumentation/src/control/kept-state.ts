import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { companionFilePath } from '@aftertrace/schema/names';

import type { Environment } from '../environment.ts';
import { readState, type ReceivedState } from './read-messages.ts';

/** The last good state of one companion, on disk, for processes that start while it is away. */
export interface KeptState {
  /** Replaces what was kept, whole or not at all. Rejects where the file cannot be written. */
  keep(state: ReceivedState): Promise<void>;
  /** What was kept; undefined where nothing was, or nothing that can be read. Never rejects. */
  recall(): Promise<ReceivedState | undefined>;
}

/** Where it is kept, and by whom. */
export interface KeptStateOptions {
  readonly env: Environment;
  readonly home: string;
  /** Console address of the companion. */
  readonly companion: string;
  /** Of this process, so that two do not write the same draft. */
  readonly instance: string;
}

/** A file beside the companion's own, for its user only, named after the companion's address. */
export function createKeptState(options: KeptStateOptions): KeptState {
  const { env, home, companion, instance } = options;
  const name = createHash('sha256').update(companion).digest('hex').slice(0, 32);
  const hasPlace = companionFilePath(env, home) !== companionFilePath({}, '');
  const file = join(dirname(companionFilePath(env, home)), `state-${name}.json`);
  const write = async (text: string): Promise<void> => {
    const draft = `${file}.${instance}`;
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, file);
  };
  const replace = async (state: ReceivedState): Promise<void> => {
    // A user without a home: nothing is written to the root of the system.
    if (!hasPlace) return;
    const text = JSON.stringify(state);
    try {
      await write(text);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await write(text);
    }
  };
  // One after the other: they have one draft.
  let turn: Promise<unknown> = Promise.resolve();
  return {
    keep: (state) => {
      const done = turn.then(() => replace(state));
      turn = done.catch(() => undefined);
      return done;
    },
    recall: async () => {
      try {
        const state = readState(await readFile(file, 'utf8'));
        return typeof state === 'string' ? undefined : state;
      } catch {
        // Nothing was kept, or it is not ours to read: as if there were nothing.
        return undefined;
      }
    },
  };
}
