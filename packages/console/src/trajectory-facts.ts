import type { Trajectory, WrittenTrajectory } from '@aftertrace/schema';

import { code, countsText, type Fact } from './facts.ts';
import { durationText, momentOfNanos } from './format-time.ts';
import { html, type Content } from './html.ts';
import { counted } from './cut-text.ts';

/** What is known of a run as a whole. */
export function trajectoryFacts({ trajectory, file, line }: WrittenTrajectory): readonly Fact[] {
  const ours = trajectory.extra.aftertrace;
  const { timing, completeness, redaction } = ours;
  return [
    ['Outcome', outcomeText(trajectory)],
    ['Decided by', decidedBy(trajectory)],
    ['Agent', agentText(trajectory)],
    [
      'Service',
      [ours.service?.name, ours.service?.version, ours.environment].filter(isKnown).join(' '),
    ],
    ['Conversation', code(ours.conversationId)],
    ['On behalf of', ours.onBehalfOf],
    ['Tenant', ours.tenant],
    ['Started', momentOfNanos(timing.startTimeUnixNano)],
    ['Ended', momentOfNanos(timing.endTimeUnixNano)],
    ['Took', durationText(timing.durationMillis)],
    ['Tool calls', countsText(ours.toolOutcomes)],
    ['Tokens', tokensText(trajectory)],
    ['Policy', ours.policyRevision === undefined ? undefined : `revision ${ours.policyRevision}`],
    ['Trace', ours.traceIds.map((id) => html`${code(id)} `)],
    ['Trajectory', html`${code(trajectory.trajectory_id)}, revision ${ours.revision}`],
    ['Line', code(`${file}:${line}`)],
    ['Redacted', countsText(redaction.counts)],
    ['Missing', completeness.gaps.map((gap) => html`${code(gap)} `)],
  ];
}

function outcomeText({ extra }: Trajectory): Content {
  const { outcome } = extra.aftertrace;
  const { reason, firstFailingStep: step } = outcome;
  return html`${reason ?? outcome.outcome}${
    step === undefined ? undefined : html`; first at <a href="#step-${step}">step ${step}</a>`
  }`;
}

function decidedBy({ extra }: Trajectory): Content {
  const { outcome, failure } = extra.aftertrace;
  const parts = [
    failure?.tool,
    failure?.outcome?.class,
    failure?.outcome?.rule,
    failure?.errorType,
  ];
  return html`${code(outcome.rule)} <span class="meta">${outcome.certainty}</span> ${parts
      .filter(isKnown)
      .map((part) => html`${code(part)} `)}`;
}

function agentText({ agent }: Trajectory): Content {
  const version = agent.version === 'unknown' ? undefined : agent.version;
  return [agent.name, version, agent.model_name].filter(isKnown).join(' · ');
}

function tokensText({ final_metrics: metrics }: Trajectory): string | undefined {
  if (metrics === undefined) return undefined;
  const { total_prompt_tokens: prompt, total_completion_tokens: completion } = metrics;
  if (prompt === undefined && completion === undefined) return undefined;
  const cost = metrics.total_cost_usd === undefined ? '' : `, $${metrics.total_cost_usd}`;
  return `${counted(prompt ?? 0)} in, ${counted(completion ?? 0)} out${cost}`;
}

function isKnown(part: string | undefined): part is string {
  return part !== undefined && part !== '';
}
