import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

import { replaceFile } from '@aftertrace/control';
import { z } from 'zod';

import { EraseRequest } from './data-requests.ts';

/** An erasure that has begun: what is needed to end it after a crash. */
const PendingErasure = z.object({
  id: z.string().regex(/^[\w-]{1,100}$/),
  request: EraseRequest,
  /** Ids of runs that are to go, and may have gone already. */
  runs: z.array(z.string()),
  /** Digests of blobs that may have lost the last line that needs them. */
  blobs: z.array(z.string()),
});
export type PendingErasure = z.infer<typeof PendingErasure>;

/** Erasures that have begun and not ended, each in a file of its own; they name whom they are about, and are gone with their end. */
export interface PendingErasures {
  /** Resolves once it would survive a crash. */
  readonly write: (erasure: PendingErasure) => Promise<void>;
  readonly remove: (id: string) => Promise<void>;
  /** Those left by an earlier process; a file that is none is told, and stays. */
  readonly list: () => Promise<{
    readonly left: readonly PendingErasure[];
    readonly unreadable: readonly string[];
  }>;
}

const NAME = /^[\w-]+\.json$/;
const DRAFT = /^[\w-]+\.json\..+\.tmp$/;

export function createPendingErasures(dataDir: string): PendingErasures {
  const directory = path.join(dataDir, 'erasures');
  const fileOf = (id: string): string => path.join(directory, `${id}.json`);
  return {
    write: async (erasure) => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await replaceFile(fileOf(erasure.id), JSON.stringify(erasure));
    },
    remove: async (id) => rm(fileOf(id), { force: true }),
    list: async () => {
      const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      });
      // Drafts that a crash left name somebody too; what they say is in the file, or has not begun.
      for (const draft of names.filter((one) => DRAFT.test(one)))
        await rm(path.join(directory, draft), { force: true });
      const left: PendingErasure[] = [];
      const unreadable: string[] = [];
      for (const name of names.filter((one) => NAME.test(one)).toSorted()) {
        const file = path.join(directory, name);
        const erasure = parse(await readFile(file, 'utf8'));
        if (erasure === undefined) unreadable.push(file);
        else left.push(erasure);
      }
      return { left, unreadable };
    },
  };
}

function parse(text: string): PendingErasure | undefined {
  try {
    return PendingErasure.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
