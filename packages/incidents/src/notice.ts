import type { IncidentState, Severity } from '@aftertrace/schema';

import type { IncidentFold } from './fold.ts';
import { INCIDENT_PAGES, INCIDENTS_PATH } from './incidents-path.ts';

/** `updated` tells new counts, at most once an interval an incident; the others follow one event each. */
export type NoticeType = 'opened' | 'transition' | 'updated';

/** What people outside are told about an incident: ids, names, counts and links. Never message content, never free text. */
export interface NoticeData {
  readonly incident: string;
  readonly title: string;
  readonly state: IncidentState;
  /** With a transition. */
  readonly previousState?: IncidentState;
  readonly severity: Severity;
  readonly kind: string;
  readonly class?: string;
  readonly agent: string;
  readonly tool?: string;
  readonly environment?: string;
  readonly fingerprint: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly counts: {
    readonly findings: number;
    readonly runs: number;
    readonly conversations: number;
    readonly containments: number;
    readonly overrides: number;
  };
  /** Empty where the companion's address is not known. */
  readonly links: {
    /** Where programs read the incident, as JSON. */
    readonly incident?: string;
    /** Where people read it. */
    readonly page?: string;
  };
  /** What to type for the review of this incident. */
  readonly reviewCommand: string;
}

/** One thing to tell one destination. */
export interface Notice {
  /** `<incident>.<seq>` of the event it follows: the same on every attempt, so that a receiver can tell a repeat. */
  readonly key: string;
  readonly incident: string;
  readonly seq: number;
  readonly type: NoticeType;
  /** When the event happened, ISO 8601 in UTC. */
  readonly at: string;
  readonly data: NoticeData;
}

/** Builds the notice for an event of an incident: its state then, its counts now. `consoleUrl`: where people can look at it. */
export function noticeOf(
  fold: IncidentFold,
  event: {
    readonly type: NoticeType;
    readonly seq: number;
    readonly at: string;
    readonly state: IncidentState;
    readonly previousState?: IncidentState | undefined;
  },
  consoleUrl: string | undefined,
): Notice {
  const { finding, title, fingerprint } = fold.opened;
  return {
    key: `${fold.id}.${event.seq}`,
    incident: fold.id,
    seq: event.seq,
    type: event.type,
    at: event.at,
    data: {
      incident: fold.id,
      title,
      state: event.state,
      ...(event.previousState === undefined ? {} : { previousState: event.previousState }),
      severity: fold.severity,
      kind: finding.kind,
      ...(finding.class === undefined ? {} : { class: finding.class }),
      agent: finding.agent,
      ...(finding.tool === undefined ? {} : { tool: finding.tool }),
      ...(finding.environment === undefined ? {} : { environment: finding.environment }),
      fingerprint,
      firstSeen: fold.firstSeen,
      lastSeen: fold.lastSeen,
      counts: {
        findings: fold.findings.size,
        runs: fold.runs.size,
        conversations: fold.conversations.size,
        containments: fold.containments.size,
        overrides: fold.overrides.size,
      },
      links: linksOf(fold.id, consoleUrl),
      reviewCommand: `aftertrace review ${fold.id}`,
    },
  };
}

function linksOf(incident: string, consoleUrl: string | undefined): NoticeData['links'] {
  if (consoleUrl === undefined) return {};
  const base = consoleUrl.replace(/\/+$/, '');
  return {
    incident: `${base}${INCIDENTS_PATH}/${incident}`,
    page: `${base}${INCIDENT_PAGES}/${incident}`,
  };
}
