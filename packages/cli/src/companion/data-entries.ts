import type { CompactionResult, FileRemoval } from '@aftertrace/exporter';
import type { Actor, LedgerEntryInput } from '@aftertrace/schema';

const RETENTION: Actor = { kind: 'system', id: 'aftertrace/retention', assurance: 'asserted' };

/** The entry of the audit log for a file that retention is about to delete. */
export function removalEntry(removal: FileRemoval, nowMillis: number): LedgerEntryInput {
  return {
    at: new Date(nowMillis).toISOString(),
    actor: RETENTION,
    type: 'data.removed',
    data: { ...removal },
  };
}

const MIGRATION: Actor = { kind: 'system', id: 'aftertrace/migration', assurance: 'asserted' };

/** The entry for a change of the data directory's layout that was made when it was opened. */
export function migrationEntry(what: string, nowMillis: number): LedgerEntryInput {
  const at = new Date(nowMillis).toISOString();
  return { at, actor: MIGRATION, type: 'data.migrated', data: { what } };
}

const COMPACTION: Actor = { kind: 'system', id: 'aftertrace/compaction', assurance: 'asserted' };

/** The entries for superseded lines that are about to be dropped, and for what it came to. */
export function compactionEntry(
  result: CompactionResult | undefined,
  nowMillis: number,
): LedgerEntryInput {
  const at = new Date(nowMillis).toISOString();
  const phase = result === undefined ? 'begun' : 'done';
  const counts = result === undefined ? {} : { ...result, files: result.files.length };
  return { at, actor: COMPACTION, type: 'data.compacted', data: { phase, ...counts } };
}
