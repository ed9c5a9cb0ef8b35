import { noteGoingBlobs, removeGoingBlobs } from './going-blobs.ts';
import type { IndexView } from './index-view.ts';
import {
  planCompaction,
  type CompactionPlan,
  type CompactionScope,
  type FileCompaction,
} from './plan-compaction.ts';
import { rewriteWithout } from './rewrite-file.ts';
import { viewOf } from './survey-files.ts';
import type { WorkQueue } from './work-queue.ts';

/** What a compaction came to, or with `dryRun` would come to. */
export interface CompactionResult {
  /** Files written anew or, where nothing was left in them, deleted; relative to the data directory. */
  readonly files: readonly string[];
  /** Superseded lines of runs that were dropped. */
  readonly removedLines: number;
  /** Marks of superseded lines that were dropped with them. */
  readonly removedMarks: number;
  /** Of both, before compression. */
  readonly removedBytes: number;
  readonly removedBlobs: number;
  /** Superseded lines that a legal hold keeps. */
  readonly held: number;
  /** Superseded lines that stay until they reach their minimum age. */
  readonly young: number;
  /** Left for the next time: somebody else wrote them anew meanwhile, or it was told to stop. */
  readonly skipped: readonly string[];
}

/** Files that are done, of those that are to be written anew. */
export interface CompactionProgress {
  readonly done: number;
  readonly of: number;
  /** The next one; `undefined` behind the last. */
  readonly file: string | undefined;
}

/** Options of {@link compactFiles}. */
export interface CompactFilesOptions extends CompactionScope {
  /** Says what would be done and changes nothing. Default false. */
  readonly dryRun?: boolean;
  readonly onProgress?: ((progress: CompactionProgress) => void) | undefined;
  /** What happens in it happens while nobody else writes. Default: nobody does. */
  readonly queue?: WorkQueue;
  /** Stops between two files. */
  readonly signal?: AbortSignal;
  /** Closes the file, so that it can be written anew. */
  readonly release?: (planned: FileCompaction) => Promise<void>;
  /** Told once a file was written anew, with its index, or deleted. */
  readonly onRewritten?: (planned: FileCompaction, view: IndexView | undefined) => void;
}

/**
 * Drops superseded lines, file by file: between two files others may write. Readers see a file before or after; a crash
 * leaves each file as it was or as it is to be, and the next compaction goes on from there; blobs that were to go are
 * removed at the next start, or by the next compaction.
 */
export async function compactFiles(options: CompactFilesOptions): Promise<CompactionResult> {
  const { dataDir, dryRun = false, onProgress, signal } = options;
  const alone: WorkQueue = options.queue ?? { run: (work) => work() };
  const plan = await alone.run(() => planCompaction(options));
  if (dryRun) return resultOf(plan, plan.files);
  await alone.run(() => noteGoingBlobs(dataDir, blobsOf(plan.files)));
  const done: FileCompaction[] = [];
  const skipped: string[] = [];
  for (const [index, planned] of plan.files.entries()) {
    onProgress?.({ done: index, of: plan.files.length, file: planned.file.path });
    if (await alone.run(() => compactFile(options, planned))) done.push(planned);
    else skipped.push(planned.file.path);
  }
  onProgress?.({ done: plan.files.length, of: plan.files.length, file: undefined });
  const removedBlobs = await alone.run(async () =>
    signal?.aborted === true ? 0 : removeGoingBlobs(dataDir),
  );
  return { ...resultOf(plan, done), removedBlobs, skipped };
}

/** Whether the file is still the one that was planned for; it may only have grown. */
async function compactFile(
  { dataDir, release, onRewritten, signal }: CompactFilesOptions,
  planned: FileCompaction,
): Promise<boolean> {
  const { file, gone } = planned;
  if (signal?.aborted === true) return false;
  await release?.(planned);
  const view = await viewOf(dataDir, file);
  if (view === undefined || !isSame(view, planned)) return false;
  // Who looked after the files since the last one has found these in use, and has dropped the note.
  await noteGoingBlobs(dataDir, blobsOf([planned]));
  await rewriteWithout({ dataDir, file, view }, (cell) => gone.has(cell));
  onRewritten?.(planned, await viewOf(dataDir, file));
  return true;
}

function isSame(now: IndexView, { view, gone }: FileCompaction): boolean {
  if (now.cells < view.cells) return false;
  for (const cell of gone) if (!now.bytes(cell).equals(view.bytes(cell))) return false;
  return true;
}

function* blobsOf(files: readonly FileCompaction[]): Generator<string> {
  for (const { view, gone } of files)
    for (const cell of gone) for (const { digest } of view.blobs(cell)) yield digest;
}

function resultOf(
  { held, young }: CompactionPlan,
  files: readonly FileCompaction[],
): CompactionResult {
  const total = (of: (file: FileCompaction) => number): number =>
    files.reduce((sum, file) => sum + of(file), 0);
  return {
    files: files.map(({ file }) => file.path),
    removedLines: total(({ lines }) => lines),
    removedMarks: total(({ lines, gone }) => gone.size - lines),
    removedBytes: total(({ bytes }) => bytes),
    removedBlobs: 0,
    held,
    young,
    skipped: [],
  };
}
