import { durationText } from '@aftertrace/console';
import type { TrajectoryEntry } from '@aftertrace/exporter';
import type { RunOutcomeKind } from '@aftertrace/schema';

import type { Style } from '../terminal/style.ts';

/** Columns of a list of runs. */
export const ENTRY_HEADING = [
  'ENDED (UTC)',
  'OUTCOME',
  'AGENT',
  'TOOK',
  'STEPS',
  'FAILED TOOLS',
  'TRAJECTORY',
] as const;

/** A run as a row; whoever prints it cleans the cells. */
export function entryRow(entry: TrajectoryEntry): readonly string[] {
  const { failedTools, failedClasses } = entry;
  const classes = failedClasses.length === 0 ? '' : ` (${failedClasses.join(', ')})`;
  return [
    endOf(entry.endTimeUnixNano),
    entry.outcome,
    entry.agent,
    durationText(entry.durationMillis),
    String(entry.steps),
    failedTools.join(', ') + classes,
    entry.trajectoryId,
  ];
}

function endOf(unixNano: string): string {
  const millis = Number(BigInt(unixNano) / 1_000_000n);
  return Number.isFinite(millis) && millis <= 8.64e15
    ? new Date(millis).toISOString().slice(0, 19).replace('T', ' ')
    : unixNano;
}

/** An outcome in its colour. */
export function outcomeText(outcome: RunOutcomeKind, style: Style): string {
  if (outcome === 'success') return style.good(outcome);
  return outcome === 'failure' || outcome === 'terminated'
    ? style.bad(outcome)
    : style.notable(outcome);
}
