import { open, type FileHandle } from 'node:fs/promises';

import type { LedgerOptions } from '@aftertrace/ledger';

/** A disk under the ledger that can be full or stuck. */
export interface FailingDisk {
  readonly openFile: NonNullable<LedgerOptions['openFile']>;
  /** `full` refuses, `stuck` answers nothing until it is something else. */
  set: (mood: 'well' | 'full' | 'stuck') => void;
}

export function createFailingDisk(): FailingDisk {
  let mood = 'well';
  let freed = Promise.withResolvers<void>();
  const work = async (): Promise<void> => {
    if (mood === 'stuck') await freed.promise;
    if (mood === 'full') throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  };
  return {
    set: (next) => {
      mood = next;
      freed.resolve();
      freed = Promise.withResolvers<void>();
    },
    openFile: async (path) => {
      const handle: FileHandle = await open(path, 'a', 0o600);
      return {
        size: async () => (await handle.stat()).size,
        append: async (text) => {
          await work();
          await handle.appendFile(text);
        },
        sync: async () => handle.datasync(),
        truncate: async (size) => handle.truncate(size),
        close: async () => handle.close(),
      };
    },
  };
}
