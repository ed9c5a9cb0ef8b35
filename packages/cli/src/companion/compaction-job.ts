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
  /** Resolves at once; `undefined` for an id that is not that of the last one. */
  ask(request: CompactRequest): CompactionStatus | undefined;
}

export function createCompactionJob(options: CompactionJobOptions): CompactionJob {
  let last: CompactionStatus | undefined;
  const begin = (dryRun: boolean): CompactionStatus => {
    const id = options.randomId();
    let status: CompactionStatus = { id, done: 0, of: 0 };
    const tell = (news: Omit<CompactionStatus, 'id'>): void => {
      status = { id, ...news };
      last = status;
    };
    const onProgress = ({ done, of, file }: CompactionProgress): void =>
      tell({ done, of, ...(file === undefined ? {} : { file }) });
    notedCompaction(options, { dryRun, onProgress }).then(
      (report) => tell({ done: status.done, of: status.of, report: mutable(report) }),
      (error: unknown) =>
        tell({
          done: status.done,
          of: status.of,
          problem: error instanceof Error ? error.message : String(error),
        }),
    );
    last = status;
    return status;
  };
  return {
    ask: ({ id, dryRun }) => {
      if (id !== undefined) return last?.id === id ? last : undefined;
      const isRunning =
        last !== undefined && last.report === undefined && last.problem === undefined;
      return isRunning ? last : begin(dryRun);
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
