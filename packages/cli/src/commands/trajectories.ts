import {
  countTrajectories,
  estimateTotals,
  followTrajectories,
  listTrajectories,
  readSamplingCounts,
  readTrajectories,
  readWithBlobs,
  type EstimatedTotals,
  type TrajectoryCounts,
  type TrajectoryEntry,
  type TrajectoryFilter,
} from '@aftertrace/exporter';
import { FailureClass, RunOutcomeKind, type WrittenTrajectory } from '@aftertrace/schema';

import { CommandError, ExitCode } from '../exit-code.ts';
import { requireData } from '../require-data.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { createStyle } from '../terminal/style.ts';
import { renderTable } from '../terminal/table.ts';
import { matchesFilter } from '../trajectories/matches-filter.ts';
import { parseMoment } from '../trajectories/parse-moment.ts';
import { ENTRY_HEADING, entryRow } from '../trajectories/render-entry.ts';
import { renderCounts } from '../trajectories/render-counts.ts';
import { BRIEF, WHOLE } from '../trajectories/render-text.ts';
import { renderTrajectory } from '../trajectories/render-trajectory.ts';
import { untilStopped } from '../until-stopped.ts';

interface DataOptions {
  readonly data: string;
  readonly json: boolean;
}

/** Filters as they stand on the command line. */
export interface FilterOptions {
  readonly outcome?: readonly string[];
  readonly agent?: string;
  readonly tool?: string;
  readonly class?: string;
  readonly since?: string;
  readonly until?: string;
  readonly conversation?: string;
}

/** `aftertrace trajectories list`: reads the indexes, with or without a running companion. */
export async function listRuns(
  options: DataOptions & FilterOptions & { readonly limit: number },
  output: Output,
): Promise<ExitCode> {
  const filter = { ...filterOf(options, Date.now()), ...limitOf(options.limit) };
  const entries = await listTrajectories(await requireData(options.data), filter);
  if (options.json) for (const entry of entries) output.out(JSON.stringify(entry));
  else if (entries.length === 0) output.out('no trajectories');
  else output.out(tableOf(entries));
  return ExitCode.OK;
}

/** `aftertrace trajectories show ID`: the id, or how it starts; or the id of a trace. */
export async function showRun(
  id: string,
  options: DataOptions & { readonly full: boolean },
  output: Output,
): Promise<ExitCode> {
  const dataDir = await requireData(options.data);
  const written = await findRun(dataDir, id);
  const trajectory = await readWithBlobs(dataDir, written.trajectory);
  if (options.json) output.out(JSON.stringify(trajectory));
  else {
    const style = createStyle(output.isColored ?? false);
    const limits = options.full ? WHOLE : BRIEF;
    output.out(renderTrajectory({ ...written, trajectory }, { style, limits }));
  }
  return ExitCode.OK;
}

/** `aftertrace trajectories stats` */
export async function countRuns(
  options: DataOptions & FilterOptions,
  output: Output,
): Promise<ExitCode> {
  const filter = filterOf(options, Date.now());
  const dataDir = await requireData(options.data);
  const counts = await countTrajectories(dataDir, filter);
  const estimated = await estimateOf(dataDir, filter, counts);
  if (options.json)
    output.out(
      JSON.stringify({ ...counts, estimated }, (_key, value: unknown) =>
        value instanceof Map ? Object.fromEntries(value) : value,
      ),
    );
  else output.out(renderCounts(counts, estimated));
  return ExitCode.OK;
}

const HOUR_MILLIS = 3_600_000;

/**
 * What was dropped is known by agent and whole hour only: lines are counted anew by whole hours for it, and for narrower
 * questions there is no estimate.
 */
async function estimateOf(
  dataDir: string,
  filter: TrajectoryFilter,
  counted: TrajectoryCounts,
): Promise<EstimatedTotals | undefined> {
  const {
    agent,
    sinceMillis,
    untilMillis,
    outcome,
    tool,
    class: failedWith,
    conversation,
  } = filter;
  const narrower = [outcome, tool, failedWith, conversation];
  if (narrower.some((part) => part !== undefined)) return undefined;
  const from = sinceMillis === undefined ? undefined : hourOf(sinceMillis);
  const to = untilMillis === undefined ? undefined : hourOf(untilMillis + HOUR_MILLIS - 1);
  const rows = await readSamplingCounts(dataDir, {
    ...(agent === undefined ? {} : { agent }),
    ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
    ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
  });
  if (rows.length === 0) return undefined;
  if (from === undefined && to === undefined) return estimateTotals(counted.outcomes, rows);
  const { outcomes } = await countTrajectories(dataDir, {
    ...filter,
    ...(from === undefined ? {} : { sinceMillis: from }),
    ...(to === undefined ? {} : { untilMillis: to }),
  });
  const estimated = estimateTotals(outcomes, rows);
  // A run that ended in one hour and was decided in the next looks as if its line were gone.
  return estimated === undefined ? undefined : { ...estimated, gone: 0 };
}

function hourOf(millis: number): number {
  return Math.floor(millis / HOUR_MILLIS) * HOUR_MILLIS;
}

/** `aftertrace trajectories tail`: the last runs, and with `--follow` those to come, until it is stopped. */
export async function tailRuns(
  options: DataOptions & FilterOptions & { readonly lines: number; readonly follow: boolean },
  output: Output,
): Promise<ExitCode> {
  const dataDir = await requireData(options.data);
  const filter = filterOf(options, Date.now());
  const print = (entry: TrajectoryEntry): void =>
    output.out(options.json ? JSON.stringify(entry) : entryLine(entry));
  const newest = await listTrajectories(dataDir, { ...filter, limit: options.lines });
  for (const entry of newest.toReversed()) print(entry);
  if (!options.follow) return ExitCode.OK;
  const stop = new AbortController();
  const stopped = untilStopped().then(() => stop.abort());
  for await (const written of followTrajectories(dataDir, { signal: stop.signal })) {
    const entry = matchesFilter(written, filter);
    if (entry !== undefined) print(entry);
  }
  await stopped;
  return ExitCode.OK;
}

async function findRun(dataDir: string, id: string): Promise<WrittenTrajectory> {
  const prefix = id.startsWith('traj_') ? id : `traj_${id}`;
  const exact = await listTrajectories(dataDir, { idPrefix: id, limit: 2 });
  const found =
    exact.length > 0 ? exact : await listTrajectories(dataDir, { idPrefix: prefix, limit: 2 });
  const match = found.find(({ trajectoryId }) => trajectoryId === id) ?? found[0];
  if (match === undefined) {
    const traced = TRACE_ID.test(id) ? await findTraced(dataDir, id) : undefined;
    if (traced !== undefined) return traced;
    throw new CommandError(
      `there is no trajectory ${sanitize(id)}; "aftertrace trajectories list" shows what there is`,
    );
  }
  if (found.length > 1 && match.trajectoryId !== id)
    throw new CommandError(`several trajectories start with ${sanitize(id)}; say more of the id`);
  for await (const written of readTrajectories(dataDir, { ids: [match.trajectoryId] }))
    return written;
  throw new CommandError(
    `the line of ${sanitize(match.trajectoryId)} (${match.file}:${match.line}) cannot be read`,
  );
}

const TRACE_ID = /^[0-9a-f]{32}$/i;

/** The newest run that the trace is of; the indexes do not know traces, so all lines are read. */
async function findTraced(dataDir: string, id: string): Promise<WrittenTrajectory | undefined> {
  const traceId = id.toLowerCase();
  let newest: WrittenTrajectory | undefined;
  for await (const written of readTrajectories(dataDir, { containing: traceId })) {
    const { traceIds, timing } = written.trajectory.extra.aftertrace;
    if (!traceIds.includes(traceId)) continue;
    const before = newest?.trajectory.extra.aftertrace.timing.endTimeUnixNano ?? '0';
    if (newest === undefined || BigInt(timing.endTimeUnixNano) >= BigInt(before)) newest = written;
  }
  return newest;
}

function tableOf(entries: readonly TrajectoryEntry[]): string {
  return renderTable(
    ENTRY_HEADING,
    entries.map((entry) => entryRow(entry)),
    { maxColumnChars: 48 },
  );
}

function entryLine(entry: TrajectoryEntry): string {
  return entryRow(entry)
    .map((cell) => sanitize(cell, 48))
    .filter((cell) => cell !== '')
    .join('  ');
}

function limitOf(limit: number): Pick<TrajectoryFilter, 'limit'> {
  return limit === 0 ? {} : { limit };
}

function filterOf(options: FilterOptions, nowMillis: number): TrajectoryFilter {
  const { outcome, agent, tool, conversation, since, until } = options;
  return {
    ...(outcome === undefined ? {} : { outcome: outcome.map((text) => toOutcome(text)) }),
    ...(agent === undefined ? {} : { agent }),
    ...(tool === undefined ? {} : { tool }),
    ...(conversation === undefined ? {} : { conversation }),
    ...(options.class === undefined ? {} : { class: toClass(options.class) }),
    ...(since === undefined ? {} : { sinceMillis: toMoment(since, nowMillis) }),
    ...(until === undefined ? {} : { untilMillis: toMoment(until, nowMillis) }),
  };
}

function toOutcome(text: string): RunOutcomeKind {
  const outcome = RunOutcomeKind.safeParse(text);
  if (outcome.success) return outcome.data;
  throw unknownWord('outcome', text, RunOutcomeKind.options);
}

function toClass(text: string): FailureClass {
  const found = FailureClass.safeParse(text);
  if (found.success) return found.data;
  throw unknownWord('class', text, FailureClass.options);
}

function toMoment(text: string, nowMillis: number): number {
  const moment = parseMoment(text, nowMillis);
  if (moment !== undefined) return moment;
  throw new CommandError(
    `${sanitize(text)} is no time; expected an age such as 2h or 7d, or UTC such as 2026-11-22 or 2026-11-22T10:00:00Z`,
    { exitCode: ExitCode.USAGE },
  );
}

function unknownWord(what: string, text: string, words: readonly string[]): CommandError {
  return new CommandError(`there is no ${what} ${sanitize(text)}; there are ${words.join(', ')}`, {
    exitCode: ExitCode.USAGE,
  });
}
