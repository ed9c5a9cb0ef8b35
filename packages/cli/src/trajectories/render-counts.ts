import type { EstimatedTotals, TrajectoryCounts } from '@aftertrace/exporter';

import { renderTable } from '../terminal/table.ts';

const MOST = 15;

/** Counts over runs, as short tables; with what sampling dropped, as an estimate. */
export function renderCounts(counts: TrajectoryCounts, estimated?: EstimatedTotals): string {
  const estimate = estimated === undefined ? [] : estimateSection(estimated);
  if (counts.runs === 0) return ['no trajectories', ...estimate].join('\n');
  const { firstEndMillis = 0, lastEndMillis = 0 } = counts;
  return [
    `${counts.runs} runs, ${megabytes(counts.bytes)} MB of lines, ended ${timeOf(firstEndMillis)} to ${timeOf(lastEndMillis)} (UTC)`,
    ...section('OUTCOME', counts.outcomes, counts.runs),
    ...section('AGENT', counts.agents, counts.runs),
    ...section('FAILED TOOL', counts.failedTools, counts.runs),
    ...section('FAILED WITH', counts.failedClasses, counts.runs),
    ...estimate,
  ].join('\n');
}

/** Nothing of it may be taken for counted lines. */
function estimateSection({ totals, gone, droppedBytes }: EstimatedTotals): readonly string[] {
  const all = [...totals.values()].reduce((sum, { runs }) => sum + runs, 0);
  const rows = [...totals]
    .toSorted(([, left], [, right]) => right.runs - left.runs)
    .map(([name, { lines, dropped, runs }]) => [
      name,
      String(lines),
      String(dropped),
      `~${runs}`,
      `~${((100 * runs) / all).toFixed(1)} %`,
    ]);
  const missing =
    gone === 0
      ? []
      : [`${gone} runs that were kept are in no file any more; they are in neither column`];
  return [
    '',
    `ESTIMATED, with what sampling dropped (${megabytes(droppedBytes)} MB of telemetry; by whole hours)`,
    renderTable(['OUTCOME', 'LINES', 'DROPPED', 'RUNS', 'SHARE'], rows),
    ...missing,
  ];
}

function section(
  heading: string,
  counts: ReadonlyMap<string, number>,
  runs: number,
): readonly string[] {
  if (counts.size === 0) return [];
  const sorted = [...counts].toSorted(([, left], [, right]) => right - left);
  const rows = sorted
    .slice(0, MOST)
    .map(([name, count]) => [name, String(count), `${((100 * count) / runs).toFixed(1)} %`]);
  const more = sorted.length - rows.length;
  return [
    '',
    renderTable([heading, 'RUNS', 'SHARE'], rows),
    ...(more > 0 ? [`… and ${more} more (--json has all)`] : []),
  ];
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function timeOf(millis: number): string {
  return new Date(Math.min(8.64e15, millis)).toISOString().slice(0, 19).replace('T', ' ');
}
