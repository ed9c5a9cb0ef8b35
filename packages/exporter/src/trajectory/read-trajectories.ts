import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { TrajectoryFile, type WrittenTrajectory } from '@aftertrace/schema';

import { listFiles } from '../files/file-names.ts';
import { readIndexes, type IndexSnapshot, type SnapshotFile } from '../files/index-snapshot.ts';
import type { LineEntry } from '../files/index-view.ts';
import { createPlaceReader } from '../files/place-reader.ts';
import { lineId } from '../files/line-id.ts';
import { parseLine } from './parse-line.ts';

/** Which lines to read. */
export interface ReadTrajectoriesOptions {
  /** Only these files. Default: all three. */
  readonly outcome?: TrajectoryFile | readonly TrajectoryFile[];
  /** Only these trajectories. */
  readonly ids?: Iterable<string>;
  /** Only lines in which this stands, such as the id of a trace; the others are read and not parsed. */
  readonly containing?: string;
  /** Ends the reading early: what follows is not read. */
  readonly signal?: AbortSignal;
  /** Told of each line that is no trajectory; the reading goes on. */
  readonly onProblem?: (problem: BrokenLine) => void;
}

/** A line that could not be read. */
export interface BrokenLine {
  /** Relative to the data directory. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/**
 * The trajectories of a data directory, each in its highest revision, in the order of their files and lines. Reads the
 * indexes, then each line that counts once. May run while a companion writes: what is not finished when the reading
 * starts is not read.
 *
 * Integers beyond 2^53 in arguments come as doubles, as with any JSON reader; the file has all their digits. Large
 * texts come as their heads: `readWithBlobs` puts them back.
 */
export async function* readTrajectories(
  dataDir: string,
  options: ReadTrajectoriesOptions = {},
): AsyncGenerator<WrittenTrajectory> {
  const ids = options.ids === undefined ? undefined : idsOf(options.ids);
  const wanted = wantedKinds(options.outcome);
  const snapshot = await readIndexes(dataDir, await listFiles(dataDir));
  for (const [number, file] of snapshot.files.entries()) {
    if (options.signal?.aborted === true) return;
    const isWanted = wanted.has(file.file.family);
    const lines = linesToRead({ snapshot, number, file, isWanted, ids });
    yield* readLines(dataDir, { file, lines, options });
  }
}

function wantedKinds(outcome: ReadTrajectoriesOptions['outcome']): ReadonlySet<string> {
  if (outcome === undefined) return new Set(TrajectoryFile.options);
  return new Set(typeof outcome === 'string' ? [outcome] : outcome);
}

function idsOf(ids: Iterable<string>): ReadonlySet<string> {
  return new Set(Array.from(ids, (id) => lineId(id).bytes.toString('latin1')));
}

interface Selection {
  readonly snapshot: IndexSnapshot;
  readonly number: number;
  readonly file: SnapshotFile;
  readonly isWanted: boolean;
  readonly ids: ReadonlySet<string> | undefined;
}

/** Current lines that are wanted, and those that are no trajectory, wherever they are: they are told as problems. */
function* linesToRead({
  snapshot,
  number,
  file: { view },
  isWanted,
  ids,
}: Selection): Generator<LineEntry> {
  for (const entry of view.lines()) {
    const { cell, kind } = entry;
    if (kind === 'broken') yield entry;
    if (kind !== 'trajectory' || !isWanted) continue;
    if (ids !== undefined && !ids.has(view.id(cell).toString('latin1'))) continue;
    if (snapshot.isCurrent(number, cell)) yield entry;
  }
}

interface Reading {
  readonly file: SnapshotFile;
  readonly lines: Iterable<LineEntry>;
  readonly options: ReadTrajectoriesOptions;
}

async function* readLines(
  dataDir: string,
  { file: { file, view }, lines, options: { onProblem, containing, signal } }: Reading,
): AsyncGenerator<WrittenTrajectory> {
  let handle: FileHandle | undefined;
  try {
    let reader: ReturnType<typeof createPlaceReader> | undefined;
    for (const { cell, line, kind } of lines) {
      if (kind === 'broken' && onProblem === undefined) continue;
      handle ??= await openIfThere(join(dataDir, file.path));
      if (handle === undefined) {
        onProblem?.({ file: file.path, line, message: 'the file was removed while it was read' });
        return;
      }
      reader ??= createPlaceReader(handle);
      if (signal?.aborted === true) return;
      const bytes = await reader.read(view.place(cell));
      if (containing !== undefined && !bytes.includes(containing)) continue;
      const parsed = parseLine(bytes.toString('utf8'));
      if (parsed.kind === 'broken') {
        onProblem?.({ file: file.path, line, message: parsed.message });
      } else if (
        parsed.kind !== 'trajectory' ||
        !view.isId(cell, lineId(parsed.trajectory.trajectory_id).bytes)
      ) {
        onProblem?.({ file: file.path, line, message: 'the file was changed while it was read' });
      } else yield { trajectory: parsed.trajectory, file: file.path, line };
    }
  } finally {
    await handle?.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // Removed since it was listed.
    throw error;
  }
}
