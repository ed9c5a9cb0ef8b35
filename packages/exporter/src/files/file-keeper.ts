import { TrajectoryFile } from '@aftertrace/schema';

import { listFiles, type FileFamily, type ListedFile } from './file-names.ts';
import type { FilesConfig } from './files-config.ts';
import { noteGoingBlobs, removeGoingBlobs } from './going-blobs.ts';
import { holdCheck, readHolds } from './holds.ts';
import { planRetention, type RemovalReason } from './plan-retention.ts';
import { compressedCopy } from './rewrite-file.ts';
import type { RunLines } from './run-lines.ts';
import { removeFile, surveyFiles, viewOf, type SurveyedFile } from './survey-files.ts';
import type { WorkQueue } from './work-queue.ts';

const HOUR_MILLIS = 3_600_000;
const DAY_MILLIS = 86_400_000;

/** A file that is about to be deleted. */
export interface FileRemoval {
  /** Relative to the data directory. */
  readonly file: string;
  readonly family: FileFamily;
  readonly because: RemovalReason;
  /** Lines of runs in it, all revisions. */
  readonly lines: number;
  readonly bytes: number;
  /** When the oldest and the newest run in it ended, as ISO 8601. */
  readonly from: string;
  readonly until: string;
}

/** What one look at the files came to. */
export interface MaintenanceResult {
  readonly removed: readonly FileRemoval[];
  readonly removedBlobs: number;
  readonly compressed: readonly string[];
  /** Bytes above `maxTotalBytes` that holds, minimum ages and current files do not let go of. */
  readonly overBytes: number;
}

/** Options of {@link createFileKeeper}. */
export interface FileKeeperOptions {
  readonly dataDir: string;
  /** Where legal holds lie. */
  readonly holdsDir: string;
  readonly config: FilesConfig;
  readonly now: () => number;
  /** The lines that are written, and those in the second format. */
  readonly lines: (family: FileFamily) => RunLines;
  readonly queue: WorkQueue;
  /** Told before a file is deleted; where it rejects, the file stays. */
  readonly onRemove?: ((removal: FileRemoval) => void | Promise<void>) | undefined;
}

/** Looks after files that are there: retention and compression. */
export interface FileKeeper {
  /** Deletes what is not to be kept any more and compresses what is closed. Rejects where holds are not known. */
  maintain(): Promise<MaintenanceResult>;
}

const FAMILIES: readonly FileFamily[] = [...TrajectoryFile.options, 'hermes'];

export function createFileKeeper(options: FileKeeperOptions): FileKeeper {
  return {
    async maintain() {
      const removed = await options.queue.run(() => enforceRetention(options));
      const compressed =
        options.config.compression === 'closed' ? await compressClosed(options) : [];
      return { ...removed, compressed };
    },
  };
}

async function enforceRetention(
  options: FileKeeperOptions,
): Promise<Omit<MaintenanceResult, 'compressed'>> {
  const { dataDir, config, now } = options;
  const { maxAgeMillis, maxTotalBytes } = config.retention;
  if (maxAgeMillis === undefined && maxTotalBytes === undefined)
    return { removed: [], removedBlobs: 0, overBytes: 0 };
  const files = await surveyFiles({
    dataDir,
    files: await listFiles(dataDir, FAMILIES),
    holdOf: holdCheck(await readHolds(options.holdsDir)),
    isCurrent: (file) => isCurrent(file, options),
  });
  const plan = planRetention(files, config.retention, now());
  const byPath = new Map(files.map((file) => [file.path, file] as const));
  const removed: FileRemoval[] = [];
  const going = plan.remove.flatMap(({ path }) => byPath.get(path)?.blobs ?? []);
  await noteGoingBlobs(dataDir, going);
  for (const { path, because } of plan.remove) {
    const file = byPath.get(path);
    if (file === undefined) continue;
    const removal = removalOf(file, because);
    await options.onRemove?.(removal);
    await forgetAndRemove(options, file.file);
    removed.push(removal);
  }
  const removedBlobs = await removeGoingBlobs(dataDir);
  return { removed, removedBlobs, overBytes: plan.overBytes };
}

/** The newest part of its kind, and of a day that still goes on, or ended within the hour. */
function isCurrent(file: ListedFile, { lines, now }: FileKeeperOptions): boolean {
  const dayEnd = Date.parse(file.day) + DAY_MILLIS;
  return lines(file.family).files.isNewest(file) && now() < dayEnd + HOUR_MILLIS;
}

function removalOf(file: SurveyedFile, because: RemovalReason): FileRemoval {
  return {
    file: file.path,
    family: file.family,
    because,
    lines: file.lines,
    bytes: file.bytes,
    from: isoOf(file.oldestEndMillis),
    until: isoOf(file.newestEndMillis),
  };
}

function isoOf(millis: number): string {
  return new Date(Math.min(8.64e15, millis)).toISOString();
}

async function forgetAndRemove(options: FileKeeperOptions, file: ListedFile): Promise<void> {
  const lines = options.lines(file.family);
  const number = await lines.files.release(file);
  await removeFile(options.dataDir, file.path);
  if (number === undefined) return;
  lines.files.forget(number);
  lines.known.forgetFiles(new Set([number]));
}

/** Copies are made while lines go on being written; only taking one's place makes writers wait. */
async function compressClosed(options: FileKeeperOptions): Promise<readonly string[]> {
  const { dataDir, queue, lines } = options;
  const compressed: string[] = [];
  for (const file of await listFiles(dataDir)) {
    if (file.compressed || isCurrent(file, options)) continue;
    const view = await viewOf(dataDir, file);
    if (view === undefined) continue;
    const copy = await compressedCopy({ dataDir, file, view });
    const isAdopted = await queue.run(async () => {
      const { files } = lines(file.family);
      const number = await files.release(file);
      // Marks may have come meanwhile: the next look takes them along.
      const isSame = (await viewOf(dataDir, file))?.cells === view.cells;
      if (number === undefined || !isSame) return false;
      await copy.adopt();
      files.renamed(number);
      return true;
    });
    if (isAdopted) compressed.push(file.path);
    else await copy.discard();
  }
  return compressed;
}
