import { createHash, hash } from 'node:crypto';
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

/** The file of one companion, as all links of this process write it. */
interface KeptFile {
  /** Resolves when the text is in the file, also where another link has just put it there. */
  replace(text: string, instance: string): Promise<void>;
}

/** Of this process, by their paths: as many as companions that it was ever given. */
const keptFiles = new Map<string, KeptFile>();

function keptFileOf(file: string): KeptFile {
  const known = keptFiles.get(file) ?? createKeptFile(file);
  keptFiles.set(file, known);
  return known;
}

/**
 * A state that comes over many links of one process is written once. Which file it is that lies there is not looked at: a link
 * that gives the same again, as after a connection that was lost, writes it again.
 */
function createKeptFile(file: string): KeptFile {
  const write = async (text: string, instance: string): Promise<void> => {
    const draft = `${file}.${instance}`;
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, file);
  };
  const replace = async (text: string, instance: string): Promise<void> => {
    try {
      await write(text, instance);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await write(text, instance);
    }
  };
  let last: { readonly digest: string; readonly done: Promise<void> } | undefined;
  /** Those that have given the last one. */
  const givenBy = new Set<string>();
  return {
    replace: (text, instance) => {
      const digest = hash('sha256', text, 'base64');
      if (last?.digest === digest && !givenBy.has(instance)) {
        givenBy.add(instance);
        return last.done;
      }
      // One after the other: the last one that was given is to lie there.
      const before = last?.done ?? Promise.resolve();
      const done = before.catch(() => undefined).then(() => replace(text, instance));
      last = { digest, done };
      givenBy.clear();
      givenBy.add(instance);
      return done;
    },
  };
}

/** A file beside the companion's own, for its user only, named after the companion's address. */
export function createKeptState(options: KeptStateOptions): KeptState {
  const { env, home, companion, instance } = options;
  const name = createHash('sha256').update(companion).digest('hex').slice(0, 32);
  const hasPlace = companionFilePath(env, home) !== companionFilePath({}, '');
  const file = join(dirname(companionFilePath(env, home)), `state-${name}.json`);
  return {
    keep: async (state) => {
      // A user without a home: nothing is written to the root of the system.
      if (hasPlace) await keptFileOf(file).replace(JSON.stringify(state), instance);
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
