import { durationText } from '@aftertrace/console';
import { everyStep, type Trajectory, type WrittenTrajectory } from '@aftertrace/schema';

import { sanitize } from '../terminal/sanitize.ts';
import type { Style } from '../terminal/style.ts';
import { decisionIdOf, decisionText } from './decision-text.ts';
import { outcomeText } from './render-entry.ts';
import { renderStep } from './render-step.ts';
import type { TextLimits } from './render-text.ts';

/** How to show a run. */
export interface RenderOptions {
  readonly style: Style;
  readonly limits: TextLimits;
}

/** A run for people: what it came to, then step by step what was said, called, decided and overridden. */
export function renderTrajectory(written: WrittenTrajectory, options: RenderOptions): string {
  const { trajectory } = written;
  const { decisions } = trajectory.extra.aftertrace;
  return [
    ...head(written, options.style),
    ...everyStep(trajectory).flatMap(({ step, depth, document }) => {
      const agent = depth === 0 ? undefined : document.agent.name;
      return ['', ...renderStep(step, decisions, { ...options, agent })];
    }),
    ...overrideLines(trajectory, options.style),
    ...otherDecisions(trajectory, options.style),
  ].join('\n');
}

function head({ trajectory, file, line }: WrittenTrajectory, style: Style): readonly string[] {
  const { agent, final_metrics: metrics } = trajectory;
  const ours = trajectory.extra.aftertrace;
  const { outcome, timing, completeness } = ours;
  const verdict = `${outcomeText(outcome.outcome, style)} (${sanitize(outcome.certainty)}: ${sanitize(outcome.rule)})`;
  const started = new Date(Number(BigInt(timing.startTimeUnixNano) / 1_000_000n));
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['trajectory', `${sanitize(trajectory.trajectory_id)}, revision ${ours.revision}`],
    ['outcome', verdict],
    ['because', outcome.reason === undefined ? undefined : sanitize(outcome.reason, 300)],
    ['failed', failureText(trajectory)],
    [
      'agent',
      [agent.name, agent.version, agent.model_name]
        .map((part) => sanitize(part ?? ''))
        .join(' ')
        .trim(),
    ],
    [
      'started',
      `${Number.isNaN(started.getTime()) ? '?' : started.toISOString()}, took ${durationText(timing.durationMillis)}`,
    ],
    ['conversation', ours.conversationId === undefined ? undefined : sanitize(ours.conversationId)],
    ['on behalf of', ours.onBehalfOf === undefined ? undefined : sanitize(ours.onBehalfOf)],
    ['tool calls', countsText(ours.toolOutcomes)],
    ['tokens', tokensText(metrics?.total_prompt_tokens, metrics?.total_completion_tokens)],
    ['cost', metrics?.total_cost_usd === undefined ? undefined : `$${metrics.total_cost_usd}`],
    ['incidents', ours.incidentIds.map((id) => sanitize(id)).join(', ') || undefined],
    ['traces', ours.traceIds.map((id) => sanitize(id)).join(', ')],
    ['missing', completeness.gaps.map((gap) => sanitize(gap)).join(', ') || undefined],
    ['redacted', countsText(ours.redaction.counts)],
    ['line', `${sanitize(file)}:${line}`],
  ];
  return fields.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${style.dim(name.padEnd(13))} ${value}`],
  );
}

function failureText({ extra }: Trajectory): string | undefined {
  const { failure } = extra.aftertrace;
  if (failure === undefined) return undefined;
  const { tool, outcome, errorType } = failure;
  return [tool, outcome?.class, outcome?.rule, errorType]
    .filter((part) => part !== undefined)
    .map((part) => sanitize(part))
    .join(', ');
}

function countsText(counts: Readonly<Record<string, number>>): string | undefined {
  const parts = Object.entries(counts).map(([name, count]) => `${count} ${sanitize(name)}`);
  return parts.length === 0 ? undefined : parts.join(', ');
}

function tokensText(
  prompt: number | undefined,
  completion: number | undefined,
): string | undefined {
  if (prompt === undefined && completion === undefined) return undefined;
  return `${prompt ?? 0} in, ${completion ?? 0} out`;
}

function overrideLines({ extra }: Trajectory, style: Style): readonly string[] {
  const { overrides } = extra.aftertrace;
  if (overrides.length === 0) return [];
  return [
    '',
    style.bold('overrides'),
    ...overrides.map(
      ({ kind, decision, actor, reason, prior }) =>
        `  ${style.notable(sanitize(`${kind}: ${decision}`))} by ${sanitize(actor.id)}${
          actor.assurance === undefined ? '' : ` (${sanitize(actor.assurance)})`
        }${prior === undefined ? '' : `, against ${sanitize(`${prior.source}: ${prior.decision}`)}`}: ${sanitize(reason, 300)}`,
    ),
  ];
}

/** Decisions that no step shows beside its call. */
function otherDecisions(trajectory: Trajectory, style: Style): readonly string[] {
  const shown = new Set(
    everyStep(trajectory).flatMap(({ step }) =>
      (step.tool_calls ?? []).flatMap((call) => decisionIdOf(call.extra) ?? []),
    ),
  );
  const others = trajectory.extra.aftertrace.decisions.filter(({ id }) => !shown.has(id));
  if (others.length === 0) return [];
  return [
    '',
    style.bold('other decisions'),
    ...others.map((decision) => `  ${decisionText(decision, style)}`),
  ];
}
