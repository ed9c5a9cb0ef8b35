import type { Incident } from '@aftertrace/schema';

import { incidentStateBadge, severityBadge } from './badge.ts';
import { pageOf, type Page } from './document.ts';
import { moment } from './format-time.ts';
import { html, type Content, type Html } from './html.ts';
import { BRIEF, moreRows, WHOLE } from './long-text.ts';
import { incidentPath, incidentsPath, type IncidentsFilter } from './page-paths.ts';

/** Incidents, and which of them are asked for. */
export interface IncidentsView {
  /** In the order in which they are shown. */
  readonly incidents: readonly Incident[];
  /** Default: all. */
  readonly filter?: IncidentsFilter;
  /** All of them, however many. Default: the first are shown, with a way to all of them. */
  readonly isWhole?: boolean;
}

/** Incidents in a table, each with its page. */
export function renderIncidentsPage({
  incidents,
  filter = {},
  isWhole = false,
}: IncidentsView): Page {
  const { agent, tool } = filter;
  const found = incidents.filter(
    (incident) =>
      (agent === undefined || incident.agent === agent) &&
      (tool === undefined || incident.tool === tool),
  );
  const shown = found.slice(0, (isWhole ? WHOLE : BRIEF).rows);
  return pageOf({
    title: 'Incidents',
    kind: 'incidents',
    main: [
      html`<h1>Incidents <span class="count">${found.length}</span></h1>`,
      filterNote(filter),
      found.length === 0 ? html`<p class="card">None.</p>` : tableOf(shown),
      moreRows(shown.length, found.length, 'incidents', incidentsPath(filter, true)),
    ],
    footer: html`<p>The same in a terminal: <code>aftertrace incidents list</code>.</p>`,
  });
}

function filterNote({ agent, tool }: IncidentsFilter): Content {
  if (agent === undefined && tool === undefined) return undefined;
  return html`<p>
    ${agent === undefined ? undefined : html`Agent <code>${agent}</code>. `}${
      tool === undefined ? undefined : html`Tool <code>${tool}</code>. `
    }<a href="${incidentsPath()}">All incidents</a>
  </p>`;
}

function tableOf(incidents: readonly Incident[]): Html {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">Last seen</th>
          <th scope="col">State</th>
          <th scope="col">Severity</th>
          <th scope="col">Seen</th>
          <th scope="col">Incident</th>
        </tr>
      </thead>
      <tbody>
        ${incidents.map((incident) => rowOf(incident))}
      </tbody>
    </table>
  </div>`;
}

function rowOf({ id, title, state, severity, count, lastSeen }: Incident): Html {
  return html`<tr>
    <td>${moment(lastSeen)}</td>
    <td>${incidentStateBadge(state)}</td>
    <td>${severityBadge(severity)}</td>
    <td>${count}×</td>
    <td><a href="${incidentPath(id)}">${title}</a></td>
  </tr>`;
}
