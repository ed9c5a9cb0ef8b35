import type { CompactionProgress, CompactionResult } from '@aftertrace/exporter';
import type { Ledger } from '@aftertrace/ledger';

import { compactionEntry } from './data-entries.ts';
import type { CompactionStatus, CompactRequest } from './data-requests.ts';

/** How a compaction is done. */
export interface CompactionWork {
  readonly dryRun: boolean;
  readonly onProgress: (progress: CompactionProgress) => void;
}

export interface CompactionJobOptions {
  readonly compact: (work: CompactionWork) => Promise<CompactionResult>;
  readonly ledger: Ledger;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly randomId: () => string;
}

/** Compactions, one at a time: it may take long, so that whoever asks for one comes again to ask how far it is. */
export interface CompactionJob {
  /**
   * Answers at once. Without an id it begins one, or joins the one of the same kind that goes on; `busy` where one of the
   * other kind does. `unknown` for an id that is not among the last ones.
   */
  ask(request: CompactRequest): CompactionStatus | 'busy' | 'unknown';
}

/** Who asked may come for its end when others have begun the next ones. */
const MAX_KEPT = 16;

export function createCompactionJob(options: CompactionJobOptions): CompactionJob {
  const kept = new Map<string, CompactionStatus>();
  let running: { readonly id: string; readonly dryRun: boolean } | undefined;
  const keep = (status: CompactionStatus): void => {
    kept.set(status.id, status);
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT) break;
      kept.delete(oldest);
    }
  };
  const begin = (dryRun: boolean): CompactionStatus => {
    const id = options.randomId();
    let status: CompactionStatus = { id, done: 0, of: 0 };
    const tell = (news: Omit<CompactionStatus, 'id'>): void => {
      status = { id, ...news };
      keep(status);
    };
    const onProgress = ({ done, of, file }: CompactionProgress): void =>
      tell({ done, of, ...(file === undefined ? {} : { file }) });
    running = { id, dryRun };
    const work = notedCompaction(options, { dryRun, onProgress }).then(
      (report) => tell({ done: status.done, of: status.of, report: mutable(report) }),
      (error: unknown) =>
        tell({
          done: status.done,
          of: status.of,
          problem: error instanceof Error ? error.message : String(error),
        }),
    );
    void work.finally(() => {
      running = undefined;
    });
    keep(status);
    return status;
  };
  return {
    ask: ({ id, dryRun }) => {
      if (id !== undefined) return kept.get(id) ?? 'unknown';
      if (running === undefined) return begin(dryRun);
      return running.dryRun === dryRun ? (kept.get(running.id) ?? 'unknown') : 'busy';
    },
  };
}

/** A compaction that the audit log tells of, before and after; one that changes nothing is not noted. */
export async function notedCompaction(
  { compact, ledger, now }: Pick<CompactionJobOptions, 'compact' | 'ledger' | 'now'>,
  work: CompactionWork,
): Promise<CompactionResult> {
  if (work.dryRun) return compact(work);
  await ledger.append(compactionEntry(undefined, now()));
  const result = await compact(work);
  await ledger.append(compactionEntry(result, now()));
  return result;
}

const mutable = (result: CompactionResult): NonNullable<CompactionStatus['report']> => ({
  ...result,
  files: [...result.files],
  skipped: [...result.skipped],
});
