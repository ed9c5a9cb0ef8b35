import type { Incident, LedgerEntry, WrittenTrajectory } from '@aftertrace/schema';

import { readAudit, type AuditRecord } from './audit-records.ts';
import { findingsOf } from './incident-rows.ts';
import { keysOf, relevantAudit } from './relevant-audit.ts';
import { failedCallsOf, type FailedCall } from './run-rows.ts';

/** What a review is made from. */
export interface ReviewInput {
  readonly incident: Incident;
  /** The lines of its runs; those of other runs are left out. */
  readonly trajectories: readonly WrittenTrajectory[];
  /** The audit log, whole or the part around the incident. */
  readonly auditEntries: Iterable<LedgerEntry>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Other incidents, to find similar ones among. */
  readonly others?: readonly Incident[];
  /** What is already known to be missing or broken, in sentences. */
  readonly knownGaps?: readonly string[];
}

/** Everything worked out once and used by several parts. */
export interface ReviewFacts {
  readonly incident: Incident;
  readonly runs: readonly WrittenTrajectory[];
  readonly audit: readonly AuditRecord[];
  readonly unreadableAudit: number;
  /** Failed calls that the incident's findings are about, earliest first. */
  readonly failures: readonly FailedCall[];
}

/** Whether a line is that of a run of the incident. */
export function isRunOf(incident: Incident, written: WrittenTrajectory): boolean {
  const { trajectory_id: id, extra } = written.trajectory;
  const { runId, traceIds } = extra.aftertrace;
  if (incident.trajectories.includes(id)) return true;
  if (runId !== undefined) return incident.runs.includes(runId);
  return findingsOf(incident).some(({ evidence }) =>
    evidence.some(({ traceId }) => traceId !== undefined && traceIds.includes(traceId)),
  );
}

function timeOf({ call, written }: FailedCall): number {
  const start = written.trajectory.extra.aftertrace.timing.startTimeUnixNano;
  return call.at === undefined ? Number(BigInt(start) / 1_000_000n) : Date.parse(call.at);
}

/** Failed calls of the spans that findings name; where they name none, those of the incident's tool. */
function failuresOf(incident: Incident, runs: readonly WrittenTrajectory[]): readonly FailedCall[] {
  const spans = new Set(
    findingsOf(incident).flatMap(({ evidence }) => evidence.map(({ spanId }) => spanId)),
  );
  const all = runs.flatMap((written) => failedCallsOf(written));
  const named = all.filter(({ call }) => call.spanId !== undefined && spans.has(call.spanId));
  const failures = named.length > 0 ? named : all.filter(({ call }) => call.tool === incident.tool);
  return failures.toSorted((a, b) => timeOf(a) - timeOf(b));
}

/** Told in a result instead of by an exception: a span made without judgement shows nothing. */
export function hasCleanSpan({ call }: FailedCall): boolean {
  const channel = call.outcome?.channel;
  return channel !== undefined && !['thrown', 'timeout', 'framework'].includes(channel);
}

/** Picks what belongs to the incident. */
export function factsOf(input: ReviewInput): ReviewFacts {
  const { incident } = input;
  const runs = input.trajectories
    .filter((written) => isRunOf(incident, written))
    .toSorted((a, b) => startOf(a) - startOf(b));
  const { records, unreadable } = readAudit(input.auditEntries);
  return {
    incident,
    runs,
    audit: relevantAudit(records, incident, keysOf(incident, runs)),
    unreadableAudit: unreadable,
    failures: failuresOf(incident, runs),
  };
}

function startOf({ trajectory }: WrittenTrajectory): number {
  return Number(BigInt(trajectory.extra.aftertrace.timing.startTimeUnixNano) / 1_000_000n);
}
