import type { TimelineRow } from '@aftertrace/schema';

import { auditRow } from './audit-rows.ts';
import { findingRow, findingsOf, incidentRows } from './incident-rows.ts';
import type { ReviewFacts } from './review-facts.ts';
import { assertedDecisionRows, failureRow, runRows } from './run-rows.ts';

const MAX_ROWS_OF_A_KIND = 300;

function limited(rows: readonly TimelineRow[]): readonly TimelineRow[] {
  return rows.slice(0, MAX_ROWS_OF_A_KIND);
}

/** What happened, in order; rows of a kind beyond the first 300 are left out and counted. */
export interface Timeline {
  readonly rows: TimelineRow[];
  readonly omitted: number;
}

/** Every row with its evidence, from runs, audit log and the incident itself. */
export function timelineOf({ incident, runs, audit, failures }: ReviewFacts): Timeline {
  const sealed = new Set(
    audit.flatMap((record) => (record.type === 'decision' ? [record.data.decision.id] : [])),
  );
  const spans = new Set(failures.map(({ call }) => call.spanId));
  const untold = findingsOf(incident).filter(
    ({ kind, evidence }) =>
      kind !== 'decision' &&
      !evidence.some(({ spanId }) => spanId !== undefined && spans.has(spanId)),
  );
  const kinds: readonly (readonly TimelineRow[])[] = [
    runs.flatMap(runRows),
    failures.map(failureRow),
    untold.map(findingRow),
    runs.flatMap((written) => assertedDecisionRows(written, sealed)),
    audit.flatMap((record) => auditRow(record) ?? []),
    incidentRows(incident),
  ];
  const kept = kinds.flatMap(limited);
  const all = kinds.reduce((sum, rows) => sum + rows.length, 0);
  const rows = kept.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return { rows, omitted: all - kept.length };
}
