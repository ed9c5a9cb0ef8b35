import { Finding, type Incident, type IncidentEvent } from '@aftertrace/schema';

import { moment } from './format-time.ts';
import { html, type Content, type Html } from './html.ts';
import { moreRows, type PageLimits } from './long-text.ts';
import { tracePath, trajectoryPath } from './page-paths.ts';

/** What happened to an incident, oldest first; where there is too much of it, the newest. */
export function incidentTimeline({ events }: Incident, limits: PageLimits): Html {
  const shown = events.slice(Math.max(0, events.length - limits.rows));
  return html`<h2>Timeline <span class="count">${events.length}</span></h2>
    ${moreRows(shown.length, events.length, 'earlier events')}
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">At</th>
            <th scope="col">Event</th>
            <th scope="col">What</th>
            <th scope="col">By</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map((event) => eventRow(event))}
        </tbody>
      </table>
    </div>`;
}

function eventRow(event: IncidentEvent): Html {
  const { at, type, actor } = event;
  return html`<tr>
    <td>${moment(at)}</td>
    <td>${type.replaceAll('_', ' ')}</td>
    <td>${whatOf(event)}</td>
    <td>
      ${actor.id}${
        actor.kind === 'human' ? html` <span class="meta">(${actor.assurance})</span>` : undefined
      }
    </td>
  </tr>`;
}

function whatOf({ type, from, to, reason, data }: IncidentEvent): Content {
  const { data: finding } = Finding.safeParse(data['finding']);
  if (finding !== undefined) return html`${finding.summary} ${runLink(finding)}`;
  if (to !== undefined)
    return html`${from ?? 'new'} →
      <strong>${to}</strong>${reason === undefined ? undefined : html`: ${reason}`}`;
  const { trajectory } = data;
  if (type === 'run_linked' && typeof trajectory === 'string')
    return html`<a href="${trajectoryPath(trajectory)}"><code>${trajectory}</code></a>
      ${typeof data['outcome'] === 'string' ? data['outcome'] : undefined}`;
  if (reason !== undefined) return reason;
  return Object.values(data)
    .filter((value) => typeof value === 'string')
    .join(' · ');
}

/** Where a finding can be looked at. */
function runLink({ evidence }: Finding): Content {
  const [first] = evidence;
  if (first?.trajectoryId !== undefined)
    return html`<a href="${trajectoryPath(first.trajectoryId)}">run</a>`;
  return first?.traceId === undefined
    ? undefined
    : html`<a href="${tracePath(first.traceId)}">run</a>`;
}
