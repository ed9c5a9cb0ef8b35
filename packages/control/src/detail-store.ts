import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson, digest } from '@aftertrace/schema';

/**
 * Values that may hold personal data (arguments of tools), each in a file of its own named by its digest. The ledger
 * holds the digest only, so that a value can be destroyed without breaking the chain.
 */
export interface DetailStore {
  /** Resolves with the digest once the value is on disk. */
  readonly put: (value: unknown) => Promise<string>;
  /** The value, or undefined where it was destroyed. */
  readonly get: (digest: string) => Promise<unknown>;
}

export function createDetailStore(directory: string): DetailStore {
  let writes = 0;
  return {
    put: async (value) => {
      const id = digest(value);
      const path = join(directory, fileName(id));
      await mkdir(directory, { recursive: true, mode: 0o700 });
      writes += 1;
      const temporary = `${path}.${process.pid}-${writes}.tmp`;
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(canonicalJson(value));
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      return id;
    },
    get: async (id) => {
      try {
        return JSON.parse(await readFile(join(directory, fileName(id)), 'utf8')) as unknown;
      } catch {
        // Destroyed on purpose or lost: the digest in the ledger still says what it was.
        return undefined;
      }
    },
  };
}

/** Only the hexadecimal digits of a digest ever become a file name. */
function fileName(id: string): string {
  return `${/^sha256:([0-9a-f]{64})$/.exec(id)?.[1] ?? 'none'}.json`;
}
