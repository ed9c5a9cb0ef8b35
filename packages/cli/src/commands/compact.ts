import { setTimeout as delay } from 'node:timers/promises';

import { compactRuns, readLock, type CompactionProgress } from '@aftertrace/exporter';

import { callCompanion } from '../call-companion.ts';
import { visitAuditLedger } from '../companion/audit-ledger.ts';
import { notedCompaction, type CompactionWork } from '../companion/compaction-job.ts';
import { openOwnDataDir } from '../companion/data-dir.ts';
import { CompactionStatus, DataPath, type CompactionReport } from '../companion/data-requests.ts';
import type { CompanionConfig } from '../config/companion-config.ts';
import type { ConfigFlags } from '../config/flag-layer.ts';
import { loadConfig } from '../config/load-config.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import { requireData } from '../require-data.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';

/** Options of `aftertrace trajectories compact`. */
export interface CompactOptions {
  readonly json: boolean;
  readonly dryRun: boolean;
  /** Configuration file. */
  readonly config?: string;
  readonly flags: ConfigFlags;
}

type Report = Readonly<{ [K in keyof CompactionReport]: Readonly<CompactionReport[K]> }>;

const POLL_MILLIS = 200;

/** `aftertrace trajectories compact`: through the companion that has the directory open, else with its lock. */
export async function compactTrajectories(
  options: CompactOptions,
  output: Output,
): Promise<ExitCode> {
  const { config: file, flags, dryRun, json } = options;
  const config = await loadConfig({ file, flags });
  const dataDir = await requireData(config.data);
  const owner = await readLock(dataDir);
  const onProgress = ({ done, of, file: now }: CompactionProgress): void => {
    if (now !== undefined) output.err(`${done + 1}/${of} ${sanitize(now)}`);
  };
  if (owner?.console !== undefined && (file !== undefined || flags.set !== undefined)) {
    throw new CommandError(
      `${dataDir} is open in process ${owner.pid}, which compacts by the settings it was started with; leave --config and --set out`,
    );
  }
  const work: CompactionWork = { dryRun, onProgress };
  const report: Report = await (owner?.console === undefined
    ? compactHere(config, work)
    : compactThere(config.data, work));
  output.out(json ? JSON.stringify({ dryRun, ...report }) : describe(report, dryRun));
  return ExitCode.OK;
}

/** Alone: with the lock, so that no companion writes meanwhile. What changes nothing needs none. */
async function compactHere(config: CompanionConfig, work: CompactionWork): Promise<Report> {
  const { data, files } = config;
  if (work.dryRun) return compactRuns(data, { files, ...work });
  const dataDir = await openOwnDataDir(data);
  try {
    const ledger = await visitAuditLedger(dataDir.path, Date.now);
    try {
      const compact = (given: CompactionWork) => compactRuns(dataDir.path, { files, ...given });
      return await notedCompaction({ compact, ledger, now: Date.now }, work);
    } finally {
      await ledger.close();
    }
  } finally {
    await dataDir.close();
  }
}

async function compactThere(data: string, { dryRun, onProgress }: CompactionWork): Promise<Report> {
  const ask = async (request: object): Promise<CompactionStatus> =>
    CompactionStatus.parse(await callCompanion(DataPath.COMPACT, request, data));
  const { id } = await ask({ dryRun });
  let told: string | undefined;
  for (;;) {
    const { done, of, file, report, problem } = await ask({ id });
    if (report !== undefined) return report;
    if (problem !== undefined)
      throw new CommandError(`the companion stopped: ${sanitize(problem)}`);
    if (file !== told) onProgress({ done, of, file });
    told = file;
    await delay(POLL_MILLIS);
  }
}

function describe(report: Report, dryRun: boolean): string {
  const { files, removedLines, removedMarks, removedBytes, removedBlobs, held, young, skipped } =
    report;
  const megabytes = (removedBytes / 1e6).toFixed(1);
  const what = `${removedLines} superseded lines and ${removedMarks} marks of them, ${megabytes} MB, in ${files.length} files`;
  return [
    dryRun ? `would drop ${what}` : `dropped ${what}; ${removedBlobs} texts`,
    ...(held === 0 ? [] : [`  ${held} superseded lines are kept by legal hold`]),
    ...(young === 0 ? [] : [`  ${young} superseded lines are below their minimum age`]),
    ...skipped.map((file) => `  left for the next time: ${sanitize(file)}`),
  ].join('\n');
}
