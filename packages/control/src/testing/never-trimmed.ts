import type { Ledger } from '@aftertrace/ledger';

async function* nothing(): AsyncGenerator<never> {
  // Yields none.
}

/** What a ledger in memory has of removing entries. */
export const NEVER_TRIMMED: Pick<
  Ledger,
  'bytes' | 'stored' | 'carriedEvidence' | 'removal' | 'trim'
> = {
  bytes: () => 0,
  stored: nothing,
  carriedEvidence: nothing,
  removal: () => undefined,
  trim: async () => Promise.reject(new Error('nothing is removed from it')),
};
