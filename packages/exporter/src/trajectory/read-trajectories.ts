import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import type { TrajectoryFile, WrittenTrajectory } from '@aftertrace/schema';

import { parseLine } from './parse-line.ts';
import { readWholeLines } from './read-lines.ts';
import { listTrajectoryFiles } from './trajectory-paths.ts';

/** Which lines to read. */
export interface ReadTrajectoriesOptions {
  /** Only these files. Default: all three. */
  readonly outcome?: TrajectoryFile | readonly TrajectoryFile[];
  /** Only these trajectories. */
  readonly ids?: Iterable<string>;
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

interface Current {
  readonly revision: number;
  readonly file: string;
  readonly line: number;
}

/**
 * The trajectories of a data directory, each in its highest revision, in the order of their files and lines. May run
 * while a companion writes: a line that is not finished yet is not read.
 *
 * Integers beyond 2^53 in arguments come as doubles, as with any JSON reader; the file has all their digits.
 */
export async function* readTrajectories(
  dataDir: string,
  options: ReadTrajectoriesOptions = {},
): AsyncGenerator<WrittenTrajectory> {
  const ids = options.ids === undefined ? undefined : new Set(options.ids);
  const wanted = wantedKinds(options.outcome);
  const current = new Map<string, Current>();
  for await (const { place, parsed } of allLines(dataDir, options.onProblem)) {
    const line = identityOf(parsed);
    if (line === undefined || (ids !== undefined && !ids.has(line.id))) continue;
    const known = current.get(line.id);
    // A superseded line of a revision says that some other file has it, or that another run took it in.
    if (
      known === undefined ||
      line.revision > known.revision ||
      (line.revision === known.revision && line.gone)
    ) {
      current.set(
        line.id,
        line.gone
          ? { revision: line.revision, file: '', line: 0 }
          : { revision: line.revision, ...place },
      );
    }
  }
  for await (const { kind, place, parsed } of allLines(dataDir, undefined)) {
    if (parsed.kind !== 'trajectory' || (wanted !== undefined && !wanted.has(kind))) continue;
    const now = current.get(parsed.trajectory.trajectory_id);
    if (now?.file === place.file && now.line === place.line)
      yield { trajectory: parsed.trajectory, ...place };
  }
}

function wantedKinds(
  outcome: ReadTrajectoriesOptions['outcome'],
): ReadonlySet<TrajectoryFile> | undefined {
  if (outcome === undefined) return undefined;
  return new Set(typeof outcome === 'string' ? [outcome] : outcome);
}

type Parsed = ReturnType<typeof parseLine>;

function identityOf(
  parsed: Parsed,
): { readonly id: string; readonly revision: number; readonly gone: boolean } | undefined {
  switch (parsed.kind) {
    case 'trajectory':
      return {
        id: parsed.trajectory.trajectory_id,
        revision: parsed.trajectory.extra.aftertrace.revision,
        gone: false,
      };
    case 'superseded':
      return {
        id: parsed.superseded.trajectory_id,
        revision: parsed.superseded.revision,
        gone: true,
      };
    case 'broken':
      return undefined;
  }
}

interface PlacedLine {
  readonly kind: TrajectoryFile;
  readonly place: { readonly file: string; readonly line: number };
  readonly parsed: Parsed;
}

/** Every line of every file with its place; broken ones are reported and given as broken. */
export async function* allLines(
  dataDir: string,
  onProblem: ((problem: BrokenLine) => void) | undefined,
): AsyncGenerator<PlacedLine> {
  for (const { kind, file } of await listTrajectoryFiles(dataDir)) {
    const handle = await openIfThere(join(dataDir, file));
    if (handle === undefined) continue;
    try {
      for await (const { number, text } of readWholeLines(handle)) {
        const parsed = parseLine(text);
        if (parsed.kind === 'broken') onProblem?.({ file, line: number, message: parsed.message });
        yield { kind, place: { file, line: number }, parsed };
      }
    } finally {
      await handle.close();
    }
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
