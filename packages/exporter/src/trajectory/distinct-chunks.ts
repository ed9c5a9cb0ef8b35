import type { Trajectory } from '@aftertrace/schema';

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
