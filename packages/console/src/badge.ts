import type { ContainmentState } from '@aftertrace/control';
import type { IncidentState, RunOutcomeKind, Severity, ToolOutcomeKind } from '@aftertrace/schema';

import { html, type Html } from './html.ts';

/** How something looks; the word beside the colour says the same. */
type Tone = 'good' | 'bad' | 'notable' | 'quiet';

/** A word in its colour. */
export function badge(word: string, tone: Tone): Html {
  return html`<span class="badge ${tone}">${word.replaceAll('_', ' ')}</span>`;
}

/** How a run ended. */
export function runOutcomeBadge(outcome: RunOutcomeKind): Html {
  if (outcome === 'success') return badge(outcome, 'good');
  return badge(outcome, outcome === 'failure' || outcome === 'terminated' ? 'bad' : 'notable');
}

const TOOL_TONES: Readonly<Record<ToolOutcomeKind, Tone>> = {
  ok: 'good',
  failed: 'bad',
  denied: 'notable',
  empty: 'quiet',
  cancelled: 'quiet',
  unknown: 'quiet',
};

/** What became of a tool call. */
export function toolOutcomeBadge(outcome: ToolOutcomeKind): Html {
  return badge(outcome, TOOL_TONES[outcome]);
}

const STATE_TONES: Readonly<Record<IncidentState, Tone>> = {
  triage: 'bad',
  open: 'bad',
  contained: 'notable',
  resolved: 'good',
  review: 'notable',
  closed: 'quiet',
  dismissed: 'quiet',
  merged: 'quiet',
};

/** Where an incident stands. */
export function incidentStateBadge(state: IncidentState): Html {
  return badge(state, STATE_TONES[state]);
}

/** `sev1` is the worst. */
export function severityBadge(severity: Severity): Html {
  return badge(severity, severity === 'sev1' || severity === 'sev2' ? 'bad' : 'notable');
}

const CONTAINMENT_TONES: Readonly<Record<ContainmentState, Tone>> = {
  waiting: 'notable',
  effective: 'good',
  unreachable: 'bad',
  unenforceable: 'bad',
  no_live_instance: 'notable',
  staged: 'notable',
  released: 'quiet',
  expired: 'quiet',
};

/** How far a containment has come. */
export function containmentBadge(state: ContainmentState): Html {
  return badge(state, CONTAINMENT_TONES[state]);
}
