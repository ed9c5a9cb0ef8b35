import {
  Finding,
  type Incident,
  type IncidentEvent,
  type ReviewEvidence,
  type TimelineRow,
} from '@aftertrace/schema';

import { plain } from './plain-text.ts';

/** The findings of an incident, from its events, in the order in which they were counted. */
export function findingsOf(incident: Incident): readonly Finding[] {
  return incident.events
    .filter(({ type }) => type === 'opened' || type === 'finding')
    .flatMap(({ data }) => Finding.safeParse(data['finding']).data ?? []);
}

/** A finding that no recorded run shows. */
export function findingRow(finding: Finding): TimelineRow {
  const what = [finding.tool, finding.class, finding.rule]
    .filter((part) => part !== undefined)
    .map(plain);
  return {
    at: finding.at,
    kind: 'fact',
    source: 'span',
    actor: plain(finding.agent),
    text: `finding ${finding.kind}${what.length === 0 ? '' : `: ${what.join(', ')}`}`,
    evidence: finding.evidence.map((ref): ReviewEvidence => ({ ...ref })),
  };
}

function text(event: IncidentEvent): string | undefined {
  const { type, data, from, to, reason } = event;
  const field = (key: string): string => {
    const value = data[key];
    return typeof value === 'string' ? plain(value) : '';
  };
  switch (type) {
    case 'opened':
      return `incident opened (rule ${field('rule')})`;
    case 'transition':
      return `incident ${from ?? 'new'} to ${to ?? 'unknown'}${reason === undefined ? '' : `: ${plain(reason)}`}`;
    case 'note':
      return `note: ${field('text')}`;
    case 'severity_changed':
      return `severity now ${field('severity')}`;
    case 'owner_changed':
      return `owner now ${field('owner')}`;
    case 'notified':
      return `${field('destination')} was told (${field('notice')})`;
    case 'notification_failed':
      return `${field('destination')} could not be told (${field('notice')}): ${field('detail')}`;
    case 'finding':
    case 'run_linked':
    case 'containment_linked':
    case 'override_linked':
      return undefined;
  }
}

/** Rows for what was done about the incident itself. */
export function incidentRows(incident: Incident): readonly TimelineRow[] {
  return incident.events.flatMap((event): readonly TimelineRow[] => {
    const told = text(event);
    if (told === undefined) return [];
    const { at, actor } = event;
    // The program concluded that it is an incident; what people and destinations did is recorded.
    const kind = event.type === 'opened' ? 'inference' : 'fact';
    const name = plain(actor.name ?? actor.id);
    return [{ at, kind, source: 'incident', actor: name, text: told, evidence: [] }];
  });
}
