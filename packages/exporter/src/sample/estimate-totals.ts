import { trajectoryFileOf, type RunOutcomeKind, type TrajectoryFile } from '@aftertrace/schema';

import type { SamplingCounts } from './sampling-counts.ts';

/** How many runs there were, as far as lines and the counts of sampling together tell. */
export interface EstimatedTotals {
  /** By the file that their lines go to; those without any run are missing. */
  readonly totals: ReadonlyMap<TrajectoryFile, EstimatedTotal>;
  /** Runs that were kept and are in no file any more, since retention or an erasure took them: not in the totals. */
  readonly gone: number;
  /** Telemetry of the dropped runs, in bytes as received. */
  readonly droppedBytes: number;
}

/** Runs of one kind of outcome. */
export interface EstimatedTotal {
  /** Runs that have a line. */
  readonly lines: number;
  /** Runs that sampling dropped and did not take back. Only uneventful successes are ever dropped. */
  readonly dropped: number;
  /** Both together. */
  readonly runs: number;
}

/**
 * What there was before sampling. An estimate: a run is counted in the hour in which it was decided, not in that in
 * which it ended; agents beyond a thousand an hour are counted together; and what samplers upstream dropped is in no
 * count of ours (`1 / ratio` of the lines tells of it).
 *
 * @param outcomes runs that have lines, by outcome
 * @param counts of the same agents and time
 * @returns undefined where sampling decided nothing: then the lines are all there was
 */
export function estimateTotals(
  outcomes: ReadonlyMap<RunOutcomeKind, number>,
  counts: readonly SamplingCounts[],
): EstimatedTotals | undefined {
  if (counts.length === 0) return undefined;
  const sum = (of: (row: SamplingCounts) => number): number =>
    counts.reduce((total, row) => total + of(row), 0);
  const lines = new Map<TrajectoryFile, number>();
  for (const [outcome, runs] of outcomes) {
    const file = trajectoryFileOf(outcome);
    lines.set(file, (lines.get(file) ?? 0) + runs);
  }
  const dropped = Math.max(
    0,
    sum((row) => row.dropped - row.readmitted),
  );
  if (dropped > 0) lines.set('success', lines.get('success') ?? 0);
  const inFiles = [...lines.values()].reduce((total, runs) => total + runs, 0);
  return {
    totals: new Map(
      [...lines].map(([file, count]) => {
        const left = file === 'success' ? dropped : 0;
        return [file, { lines: count, dropped: left, runs: count + left }];
      }),
    ),
    gone: Math.max(0, sum((row) => row.kept + row.readmitted) - inFiles),
    droppedBytes: sum((row) => row.droppedBytes),
  };
}
