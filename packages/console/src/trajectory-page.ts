import {
  everyStep,
  type Finding,
  type Incident,
  type PlacedStep,
  type Trajectory,
  type WrittenTrajectory,
} from '@aftertrace/schema';

import { incidentStateBadge, runOutcomeBadge, severityBadge } from './badge.ts';
import { callExtraOf, decisionNote, overrideNote } from './decision-notes.ts';
import { pageOf, type Page } from './document.ts';
import { factList } from './facts.ts';
import { findingsOf } from './findings-of.ts';
import { timeOfDay } from './format-time.ts';
import { html, type Content } from './html.ts';
import { BRIEF, moreRows, WHOLE, type PageLimits } from './long-text.ts';
import { incidentPath } from './page-paths.ts';
import { stepItem } from './step-item.ts';
import { trajectoryFacts } from './trajectory-facts.ts';

/** A run and what is known about it elsewhere. */
export interface TrajectoryView {
  readonly written: WrittenTrajectory;
  /** Those that the run belongs to. */
  readonly incidents: readonly Incident[];
  /** Everything, however long. Default: long values and lists are cut, with a way to all of them. */
  readonly isWhole?: boolean;
}

/** One run: what it came to, then step by step what was said, called, decided and overruled. */
export function renderTrajectoryPage(view: TrajectoryView): Page {
  const { written, incidents, isWhole = false } = view;
  const { trajectory } = written;
  const limits = isWhole ? WHOLE : BRIEF;
  const { outcome } = trajectory.extra.aftertrace;
  const name = trajectory.agent.name;
  return pageOf({
    title: `${name}: ${outcome.outcome}`,
    kind: 'trajectory',
    main: [
      html`<h1>${name} ${runOutcomeBadge(outcome.outcome)}</h1>`,
      factList(trajectoryFacts(written)),
      incidentsSection(trajectory, incidents, limits),
      stepsSection(trajectory, limits),
      otherDecisions(trajectory, limits),
    ],
    footer: html`<p>
      The same in a terminal: <code>aftertrace trajectories show ${trajectory.trajectory_id}</code>;
      as JSON: this address with <code>Accept: application/json</code>.
    </p>`,
  });
}

function incidentsSection(
  trajectory: Trajectory,
  incidents: readonly Incident[],
  limits: PageLimits,
): Content {
  if (incidents.length === 0) return undefined;
  return html`<h2>Incidents</h2>
    ${incidents.map((incident) => {
      const findings = findingsOf(incident, trajectory);
      const shown = findings.slice(0, limits.rows);
      return html`<section class="card">
        <h3>
          <a href="${incidentPath(incident.id)}">${incident.title}</a>
          ${severityBadge(incident.severity)} ${incidentStateBadge(incident.state)}
        </h3>
        ${
          shown.length === 0
            ? undefined
            : html`<ul>
                  ${shown.map((finding) => findingItem(finding))}
                </ul>
                ${moreRows(shown.length, findings.length, 'findings')}`
        }
      </section>`;
    })}`;
}

function findingItem({ at, summary, detector }: Finding): Content {
  return html`<li>
    ${timeOfDay(at)} ${summary} <span class="meta">${detector.id} ${detector.version}</span>
  </li>`;
}

function stepsSection(trajectory: Trajectory, limits: PageLimits): Content {
  const steps = everyStep(trajectory);
  const shown = steps.slice(0, limits.rows);
  return html`<h2>Steps <span class="count">${steps.length}</span></h2>
    <ol class="steps">
      ${shown.map((placed) => stepItem(placed, { trajectory, limits }))}
    </ol>
    ${moreRows(shown.length, steps.length, 'steps')}`;
}

/** Decisions and acts of people that no step shows beside its call. */
function otherDecisions(trajectory: Trajectory, limits: PageLimits): Content {
  const { decisions, overrides } = trajectory.extra.aftertrace;
  const calls = everyStep(trajectory).flatMap(({ step }: PlacedStep) => step.tool_calls ?? []);
  const shownDecisions = new Set(calls.map(({ extra }) => callExtraOf(extra).decision));
  const spans = new Set(calls.map(({ extra }) => callExtraOf(extra).spanId));
  const notes = [
    ...decisions.filter(({ id }) => !shownDecisions.has(id)).map((each) => decisionNote(each)),
    ...overrides
      .filter(({ spanId }) => spanId === undefined || !spans.has(spanId))
      .map((each) => overrideNote(each)),
  ];
  if (notes.length === 0) return undefined;
  const shown = notes.slice(0, limits.rows);
  return html`<h2>Other decisions</h2>
    <div class="card">${shown}</div>
    ${moreRows(shown.length, notes.length, 'decisions')}`;
}
