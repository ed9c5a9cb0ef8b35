import { ToolCallExtra, type TrajectoryExtra } from '@aftertrace/schema';

import { html, type Html } from './html.ts';

type KnownDecision = TrajectoryExtra['decisions'][number];
type KnownOverride = TrajectoryExtra['overrides'][number];

/** Ours on a tool call. */
export function callExtraOf(extra: Readonly<Record<string, unknown>> | undefined): ToolCallExtra {
  return ToolCallExtra.safeParse(extra?.['aftertrace']).data ?? {};
}

/** What policy, a containment or a person said of a call, and why. */
export function decisionNote(decision: KnownDecision): Html {
  const { verdict, action, source, rule, reason, tool, containment } = decision;
  const shadow =
    action === verdict
      ? undefined
      : html` <span class="meta">in shadow: what was done is ${action}</span>`;
  return html`<p class="note">
    <strong>${verdict}</strong> by
    ${source}${
      rule === undefined ? undefined : html`, rule <code>${rule}</code>`
    }${containment === undefined ? undefined : html`, <code>${containment}</code>`}${
      tool === undefined ? undefined : html`, of <code>${tool}</code>`
    }${shadow}${reason === undefined ? undefined : html`. Reason: ${reason}`}
  </p>`;
}

/** What a person did about it, how sure it is who they were, and what followed. */
export function overrideNote({
  kind,
  decision,
  actor,
  reason,
  prior,
  outcome,
}: KnownOverride): Html {
  return html`<p class="note">
    <strong>${kind}: ${decision}</strong> by
    ${actor.id}${
      actor.assurance === undefined
        ? undefined
        : html` <span class="meta">(${actor.assurance})</span>`
    }${prior === undefined ? undefined : html`, against ${prior.source}: ${prior.decision}`}${
      outcome === undefined
        ? undefined
        : html`; then <strong>${outcome.status.replaceAll('_', ' ')}</strong>`
    }.
    Reason: ${reason}
  </p>`;
}
