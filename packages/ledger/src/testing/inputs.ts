import type { LedgerEntryInput } from '@aftertrace/schema';

/** A time that tests use as now. */
export const NOW = Date.parse('2026-11-22T10:00:00.000Z');

/** An entry that says which one it is. */
export function input(n: number, data: Record<string, unknown> = {}): LedgerEntryInput {
  return {
    at: new Date(NOW + n).toISOString(),
    actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
    type: 'decision',
    data: { n, ...data },
  };
}
