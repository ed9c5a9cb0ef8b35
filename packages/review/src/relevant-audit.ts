import type { Containment, Incident, WrittenTrajectory } from '@aftertrace/schema';

import type { AuditRecord } from './audit-records.ts';

const HOUR_MILLIS = 3_600_000;
const DAY_MILLIS = 24 * HOUR_MILLIS;

/** Runs and traces of an incident: from itself, and from the lines of its runs. */
export interface IncidentKeys {
  readonly runs: ReadonlySet<string>;
  readonly traces: ReadonlySet<string>;
}

export function keysOf(
  incident: Incident,
  trajectories: readonly WrittenTrajectory[],
): IncidentKeys {
  const extras = trajectories.map(({ trajectory }) => trajectory.extra.aftertrace);
  return {
    runs: new Set([
      ...incident.runs,
      ...extras.flatMap(({ runId }) => (runId === undefined ? [] : [runId])),
    ]),
    traces: new Set([
      ...incident.evidence.flatMap(({ traceId }) => (traceId === undefined ? [] : [traceId])),
      ...extras.flatMap(({ traceIds }) => traceIds),
    ]),
  };
}

/** Whether a containment answers this incident: it was linked to it, or names its agent or tool and came after it began. */
function answers(containment: Containment, incident: Incident): boolean {
  if (incident.containments.includes(containment.id)) return true;
  const { scope, requestedAt } = containment;
  if (Date.parse(requestedAt) < Date.parse(incident.firstSeen) - HOUR_MILLIS) return false;
  if (scope === 'global') return true;
  const fits = (wanted: string | undefined, is: string | undefined): boolean =>
    wanted === undefined || wanted === is;
  const named = scope.agent !== undefined || scope.tool !== undefined;
  return named && fits(scope.agent, incident.agent) && fits(scope.tool, incident.tool);
}

/** The audit records that belong to an incident, in order. */
export function relevantAudit(
  records: readonly AuditRecord[],
  incident: Incident,
  keys: IncidentKeys,
): readonly AuditRecord[] {
  const containments = new Set<string>();
  const approvals = new Set<string>();
  const overrides = new Set<string>();
  const ofRun = (one: { run?: string | undefined; traceId?: string | undefined }): boolean =>
    (one.run !== undefined && keys.runs.has(one.run)) ||
    (one.traceId !== undefined && keys.traces.has(one.traceId));
  const firstSeen = Date.parse(incident.firstSeen);

  const isRelevant = (record: AuditRecord): boolean => {
    switch (record.type) {
      case 'containment.requested': {
        const { containment } = record.data;
        return answers(containment, incident) && remember(containments, containment.id);
      }
      case 'containment.effective':
      case 'containment.unreachable':
      case 'containment.released':
      case 'containment.expired':
        return containments.has(record.data.containment);
      case 'approval.requested': {
        const { request } = record.data;
        return ofRun(request) && remember(approvals, request.id);
      }
      case 'approval.expired':
        return approvals.has(record.data.approval);
      case 'override': {
        const { override } = record.data;
        const named = override.incident === incident.id || incident.overrides.includes(override.id);
        return (named || ofRun(override)) && remember(overrides, override.id);
      }
      case 'override.outcome':
        return overrides.has(record.data.override);
      case 'decision': {
        const { decision } = record.data;
        const { containment } = decision;
        return ofRun(decision) || (containment !== undefined && containments.has(containment));
      }
      case 'policy.published':
      case 'policy.refused':
        return Date.parse(record.at) >= firstSeen - DAY_MILLIS;
      case 'policy.effective':
        return (
          record.data.agent === incident.agent && Date.parse(record.at) >= firstSeen - DAY_MILLIS
        );
      case 'evidence.gap':
        return record.data.agent === incident.agent;
    }
  };
  return records.filter(isRelevant);
}

function remember(ids: Set<string>, id: string): true {
  ids.add(id);
  return true;
}
