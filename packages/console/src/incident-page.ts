import type { ContainmentProgress } from '@aftertrace/control';
import type { Incident } from '@aftertrace/schema';

import { containmentBadge, incidentStateBadge, severityBadge } from './badge.ts';
import { pageOf, type Page } from './document.ts';
import { code, factList, type Fact } from './facts.ts';
import { moment } from './format-time.ts';
import { html, type Content, type Html } from './html.ts';
import { incidentTimeline } from './incident-timeline.ts';
import { linkedRuns, type LinkedRun } from './linked-runs.ts';
import { BRIEF, moreRows, WHOLE, type PageLimits } from './long-text.ts';
import { incidentPath, trajectoryPath } from './page-paths.ts';
import { runOutcomeBadge } from './badge.ts';

/** An incident and what is known about it elsewhere. */
export interface IncidentView {
  readonly incident: Incident;
  /** Those that are linked to it, as they stand now. */
  readonly containments: readonly ContainmentProgress[];
  /** Everything, however long. Default: long lists are cut, with a way to all of them. */
  readonly isWhole?: boolean;
}

/** One incident: where it stands, what was stopped, in which runs it was seen, and what happened when. */
export function renderIncidentPage(view: IncidentView): Page {
  const { incident, containments, isWhole = false } = view;
  const limits = isWhole ? WHOLE : BRIEF;
  return pageOf({
    title: incident.title,
    kind: 'incident',
    main: [
      html`<h1>
        ${incident.title} ${severityBadge(incident.severity)} ${incidentStateBadge(incident.state)}
      </h1>`,
      factList(incidentFacts(incident)),
      containmentsSection(containments, limits),
      runsSection(incident, limits),
      incidentTimeline(incident, limits),
    ],
    footer: html`<p>
      The same in a terminal: <code>aftertrace incidents show ${incident.id}</code>; as JSON: this
      address with <code>Accept: application/json</code>. It is moved on with
      <code>aftertrace incidents move</code>.
    </p>`,
  });
}

function incidentFacts(incident: Incident): readonly Fact[] {
  const { detectedBy, duplicateOf, destinations } = incident;
  const told = Object.entries(destinations).map(
    ([name, { lastStatus }]) => `${name}: ${lastStatus}`,
  );
  return [
    ['Agent', incident.agent],
    ['Tool', code(incident.tool)],
    ['Class', incident.class?.replaceAll('_', ' ')],
    ['Seen', `${incident.count} ${incident.count === 1 ? 'time' : 'times'}`],
    ['First seen', moment(incident.firstSeen)],
    ['Last seen', moment(incident.lastSeen)],
    ['Detected', moment(incident.detectedAt)],
    ['Somebody aware', moment(incident.awareAt) ?? 'nobody yet'],
    ['Owner', incident.owner],
    ['Detected by', `${detectedBy.detector} ${detectedBy.version} ${detectedBy.rule ?? ''}`.trim()],
    ['Environment', incident.environment],
    ['Told', told.length === 0 ? 'nobody' : told.join(', ')],
    [
      'Merged into',
      duplicateOf === undefined
        ? undefined
        : html`<a href="${incidentPath(duplicateOf)}">${duplicateOf}</a>`,
    ],
    ['Incident', code(incident.id)],
    ['Fingerprint', code(incident.fingerprint)],
  ];
}

function containmentsSection(
  containments: readonly ContainmentProgress[],
  limits: PageLimits,
): Content {
  if (containments.length === 0)
    return html`<h2>Containments</h2>
      <p class="card">None: nothing was stopped because of this incident.</p>`;
  const shown = containments.slice(0, limits.rows);
  return html`<h2>Containments</h2>
    ${shown.map((each) => containmentCard(each))}${moreRows(shown.length, containments.length, 'containments')}`;
}

function containmentCard({
  containment,
  state,
  pending,
  unenforceable,
  unattached,
}: ContainmentProgress): Html {
  const { kind, scope, actor, reason, released, mode, drill } = containment;
  const scoped =
    scope === 'global'
      ? 'everything'
      : Object.entries(scope)
          .map(([part, value]) => `${part} ${value}`)
          .join(', ');
  return html`<section class="card">
    <h3>
      ${kind} ${containmentBadge(state)}
      ${mode === 'shadow' ? html`<span class="meta">in shadow</span>` : undefined}
      ${drill ? html`<span class="meta">a drill</span>` : undefined}
    </h3>
    ${factList([
      ['Covers', scoped],
      ['Ordered by', html`${actor.id} <span class="meta">(${actor.assurance})</span>`],
      ['Reason', reason],
      ['Ordered', moment(containment.requestedAt)],
      ['Ends', moment(containment.expiresAt)],
      ['Proven in', `${containment.effective.length} processes`],
      ['No proof from', [...containment.unreachable, ...pending].join(', ')],
      [
        'Not enforceable',
        [
          ...unenforceable,
          ...unattached.map(
            ({ instance, frameworks }) => `${instance} (not attached to ${frameworks.join(', ')})`,
          ),
        ].join(', '),
      ],
      [
        'Released',
        released === undefined
          ? undefined
          : html`${moment(released.at)} by ${released.actor.id}: ${released.reason}`,
      ],
      ['Containment', code(containment.id)],
    ])}
  </section>`;
}

function runsSection(incident: Incident, limits: PageLimits): Content {
  const runs = linkedRuns(incident);
  const shown = runs.slice(0, limits.rows);
  if (runs.length === 0)
    return html`<h2>Runs</h2>
      <p class="card">No run has a line yet; they are written when they end.</p>`;
  return html`<h2>Runs <span class="count">${runs.length}</span></h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Linked (UTC)</th>
            <th scope="col">Outcome</th>
            <th scope="col">Trajectory</th>
            <th scope="col">Conversation</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map((run) => runRow(run))}
        </tbody>
      </table>
    </div>
    ${moreRows(shown.length, runs.length, 'runs')}`;
}

function runRow({ at, trajectory, outcome, conversation }: LinkedRun): Html {
  return html`<tr>
    <td>${moment(at)}</td>
    <td>${outcome === undefined ? undefined : runOutcomeBadge(outcome)}</td>
    <td>
      <a href="${trajectoryPath(trajectory)}"><code>${trajectory}</code></a>
    </td>
    <td>${conversation}</td>
  </tr>`;
}
