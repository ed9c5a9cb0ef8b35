import { readFile } from 'node:fs/promises';

import { replaceFile } from '../replace-file.ts';
import { TokenFile, type TokenRecord } from './token-records.ts';

/** Where tokens are kept. */
export interface TokenStorage {
  /** @throws Error that says what is wrong with what is kept: nobody is let in by a file that cannot be understood. */
  readonly load: () => Promise<readonly TokenRecord[]>;
  /** Resolves when it would survive a crash. @throws what the disk says. */
  readonly save: (records: readonly TokenRecord[]) => Promise<void>;
}

/** Keeps them in one file of mode 0600, replaced whole. */
export function createTokenFile(path: string): TokenStorage {
  return {
    load: async () => {
      const text = await readIfThere(path);
      if (text === undefined) return [];
      try {
        return TokenFile.parse(JSON.parse(text)).tokens;
      } catch (cause) {
        throw new Error(
          `${path} is no file of tokens; put a copy of it back, or remove it and make new tokens`,
          { cause },
        );
      }
    },
    save: async (tokens) => {
      const content: TokenFile = { v: 1, tokens: [...tokens] };
      await replaceFile(path, `${JSON.stringify(content, undefined, 2)}\n`);
    },
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
