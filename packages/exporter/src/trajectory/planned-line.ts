import type { Trajectory, TrajectoryFile } from '@aftertrace/schema';

import type { CellRef } from '../files/known-lines.ts';
import type { LargeText } from '../files/large-texts.ts';
import type { LineFacts } from '../files/line-facts.ts';
import type { Pieces } from '../files/line-text.ts';

/** A line that is to be written. */
export interface PlannedLine {
  readonly kind: 'write';
  /** As it came, with its revision. */
  readonly whole: Trajectory;
  /** As the line has it. */
  readonly trajectory: Trajectory;
  readonly texts: readonly LargeText[];
  readonly pieces: Pieces;
  readonly facts: LineFacts;
  /** The line that this one follows. */
  readonly before:
    | { readonly ref: CellRef; readonly revision: number; readonly kind: TrajectoryFile }
    | undefined;
  /** Set once it is on disk. */
  place?: { readonly file: string; readonly line: number };
}

/** What is to become of a run that was given to be written. */
export type Plan = PlannedLine | { readonly kind: 'unchanged' | 'fragment' | 'erased' };

/** The run as a revision with this number. */
export function withRevision(trajectory: Trajectory, revision: number): Trajectory {
  const { aftertrace } = trajectory.extra;
  return { ...trajectory, extra: { ...trajectory.extra, aftertrace: { ...aftertrace, revision } } };
}

/** Runs of lines in which no id stands twice: each revision must know of the one before. */
export function chunksOfDistinctIds(trajectories: readonly Trajectory[]): Trajectory[][] {
  const chunks: Trajectory[][] = [];
  let current: Trajectory[] = [];
  let ids = new Set<string>();
  for (const trajectory of trajectories) {
    if (ids.has(trajectory.trajectory_id)) {
      chunks.push(current);
      current = [];
      ids = new Set();
    }
    current.push(trajectory);
    ids.add(trajectory.trajectory_id);
  }
  return current.length === 0 ? chunks : [...chunks, current];
}
