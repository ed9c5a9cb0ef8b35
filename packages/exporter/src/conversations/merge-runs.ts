import {
  sha256Hex,
  type AtifFinalMetrics,
  type AtifStep,
  type Trajectory,
  type TrajectoryExtra,
} from '@aftertrace/schema';

import { compareNanos, millisBetween } from '../assemble/iso-time.ts';

type Extra = TrajectoryExtra;

/** The id of a conversation's line. */
export function conversationLineId(conversation: string): string {
  return `conv_${sha256Hex(conversation).slice(0, 32)}`;
}

/**
 * The runs of one conversation as one line, in the order in which they began. What a later run copied from an earlier
 * one stands once, where it was said first. How the conversation ended is how its last run ended; calls, decisions,
 * overrides, tokens and redactions are those of all runs.
 *
 * @param runs at least one, all of this conversation; the same run once
 */
export function mergeRuns(conversation: string, runs: readonly Trajectory[]): Trajectory {
  const inOrder = runs.toSorted((left, right) =>
    compareNanos(timingOf(left).startTimeUnixNano, timingOf(right).startTimeUnixNano),
  );
  const last = inOrder.at(-1);
  if (last === undefined) throw new Error('a conversation has at least one run');
  const steps = inOrder
    .flatMap((run, index) =>
      index === 0 ? run.steps : run.steps.filter((step) => step.is_copied_context !== true),
    )
    .map((step, index): AtifStep => ({ ...step, step_id: index + 1 }));
  const inner = inOrder.flatMap((run) => run.subagent_trajectories ?? []);
  return {
    schema_version: last.schema_version,
    session_id: conversation,
    trajectory_id: conversationLineId(conversation),
    agent: last.agent,
    steps,
    final_metrics: metricsOf(inOrder, steps.length),
    ...(inner.length === 0 ? {} : { subagent_trajectories: inner }),
    extra: { aftertrace: extraOf(conversation, inOrder, last) },
  };
}

/**
 * The line of a conversation that goes on. Where retention has let go of runs that its earlier line was made of, that line
 * stands for them, and what came since follows: the conversation must not lose its beginning to a late run.
 *
 * @param runs those that can be read, of before too
 */
export function mergeAgain(
  conversation: string,
  runs: readonly Trajectory[],
  before: Trajectory | undefined,
): Trajectory {
  const known = new Set(before?.extra.aftertrace.runs);
  const left = new Set(runs.map(({ trajectory_id: id }) => id));
  if (before === undefined || [...known].every((run) => left.has(run)))
    return mergeRuns(conversation, runs);
  return mergeRuns(conversation, [
    before,
    ...runs.filter(({ trajectory_id: id }) => !known.has(id)),
  ]);
}

function extraOf(conversation: string, runs: readonly Trajectory[], last: Trajectory): Extra {
  const all = runs.map((run) => run.extra.aftertrace);
  const own = last.extra.aftertrace;
  const { blobs: _remade, runId: _many, ...rest } = own;
  const leastKept = all.reduce((least, { sampling }) =>
    sampling.ratio < least.sampling.ratio ? { ...least, sampling } : least,
  ).sampling;
  return {
    ...rest,
    revision: 1,
    runs: runs.flatMap((run) => run.extra.aftertrace.runs ?? [run.trajectory_id]),
    conversationId: conversation,
    toolOutcomes: sumOf(all.map(({ toolOutcomes }) => toolOutcomes)),
    decisions: onceById(all.flatMap(({ decisions }) => decisions)),
    overrides: onceById(all.flatMap(({ overrides }) => overrides)),
    containments: once(all.flatMap(({ containments }) => containments)),
    traceIds: once(all.flatMap(({ traceIds }) => traceIds)),
    incidentIds: once(all.flatMap(({ incidentIds }) => incidentIds)),
    sampling: leastKept,
    redaction: {
      policy: own.redaction.policy,
      ...(own.redaction.digest === undefined ? {} : { digest: own.redaction.digest }),
      counts: sumOf(all.map(({ redaction }) => redaction.counts)),
    },
    timing: timingOfAll(all),
    completeness: {
      rootEnded: all.every(({ completeness }) => completeness.rootEnded),
      spans: total(all.map(({ completeness }) => completeness.spans)),
      events: total(all.map(({ completeness }) => completeness.events ?? 0)),
      digest: `sha256:${sha256Hex(runs.map(identityOf).join('\n'))}`,
      gaps: once(all.flatMap(({ completeness }) => completeness.gaps)),
    },
  };
}

/** A run in one of its revisions, or the line that stands for several. */
function identityOf({ trajectory_id: id, extra }: Trajectory): string {
  const { revision, completeness } = extra.aftertrace;
  return `${id} ${revision} ${completeness.digest ?? ''}`;
}

function timingOf(run: Trajectory): Extra['timing'] {
  return run.extra.aftertrace.timing;
}

function timingOfAll(all: readonly Extra[]): Extra['timing'] {
  const starts = all.map(({ timing }) => timing.startTimeUnixNano).toSorted(compareNanos);
  const ends = all.map(({ timing }) => timing.endTimeUnixNano).toSorted(compareNanos);
  const startTimeUnixNano = starts[0] ?? '0';
  const endTimeUnixNano = ends.at(-1) ?? '0';
  return {
    startTimeUnixNano,
    endTimeUnixNano,
    durationMillis: millisBetween(startTimeUnixNano, endTimeUnixNano),
  };
}

const SUMMED = [
  'total_prompt_tokens',
  'total_completion_tokens',
  'total_cached_tokens',
  'total_cost_usd',
] as const;

function metricsOf(runs: readonly Trajectory[], steps: number): AtifFinalMetrics {
  const sums = SUMMED.flatMap((name) => {
    const values = runs.flatMap((run) => run.final_metrics?.[name] ?? []);
    return values.length === 0 ? [] : [[name, total(values)] as const];
  });
  return { ...Object.fromEntries(sums), total_steps: steps };
}

function sumOf(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const each of counts) {
    for (const [key, count] of Object.entries(each)) sums.set(key, (sums.get(key) ?? 0) + count);
  }
  return Object.fromEntries(sums);
}

function onceById<Item extends { readonly id: string }>(items: readonly Item[]): Item[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}

function once(items: readonly string[]): string[] {
  return [...new Set(items)];
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
