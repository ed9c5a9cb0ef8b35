import type { ReviewEvidence, TimelineRow, WrittenTrajectory } from '@aftertrace/schema';

import { decisionText } from './audit-rows.ts';
import { isoOfNanos, plain } from './plain-text.ts';
import { recordedCallsOf, type RecordedCall } from './recorded-calls.ts';

/** A call that went wrong, and where its run's line is. */
export interface FailedCall {
  readonly written: WrittenTrajectory;
  readonly call: RecordedCall;
}

/** Where a run's line is. */
export function lineEvidence({ trajectory, file, line }: WrittenTrajectory): ReviewEvidence {
  const [traceId] = trajectory.extra.aftertrace.traceIds;
  return {
    trajectoryId: trajectory.trajectory_id,
    file,
    line,
    ...(traceId === undefined ? {} : { traceId }),
  };
}

/** Tool calls of a run that failed, in order. */
export function failedCallsOf(written: WrittenTrajectory): readonly FailedCall[] {
  return recordedCallsOf(written)
    .filter(({ outcome }) => outcome?.outcome === 'failed')
    .map((call) => ({ written, call }));
}

/** When a run began and how it ended. */
export function runRows(written: WrittenTrajectory): readonly TimelineRow[] {
  const { trajectory } = written;
  const { timing, outcome, rootSpanId, runId, completeness } = trajectory.extra.aftertrace;
  const name = plain(runId ?? trajectory.trajectory_id);
  const evidence = [{ ...lineEvidence(written), spanId: rootSpanId }];
  const common = { source: 'run', actor: plain(trajectory.agent.name), evidence } as const;
  return [
    {
      ...common,
      at: isoOfNanos(timing.startTimeUnixNano),
      kind: 'fact',
      text: `run ${name} began`,
    },
    {
      ...common,
      at: isoOfNanos(timing.endTimeUnixNano),
      kind: outcome.certainty === 'certain' ? 'fact' : 'inference',
      text: `run ${name} ${completeness.rootEnded ? 'ended' : 'was last seen'}: ${outcome.outcome} (${outcome.basis}, rule ${plain(outcome.rule)})`,
    },
  ];
}

/** A failed call. What structure says is a fact; what text says is an inference. */
export function failureRow({ written, call }: FailedCall): TimelineRow {
  const { outcome, tool, stepId, spanId, at } = call;
  const { timing } = written.trajectory.extra.aftertrace;
  return {
    at: at ?? isoOfNanos(timing.startTimeUnixNano),
    kind: outcome?.certainty === 'certain' ? 'fact' : 'inference',
    source: 'span',
    actor: plain(written.trajectory.agent.name),
    text: `${plain(tool)} failed: ${outcome?.class ?? 'other'} (told by ${outcome?.channel ?? 'unknown'}, rule ${plain(outcome?.rule ?? 'unknown')})`,
    evidence: [{ ...lineEvidence(written), stepId, ...(spanId === undefined ? {} : { spanId }) }],
  };
}

/** Decisions that only telemetry tells of; `sealed` are those that the audit log has. */
export function assertedDecisionRows(
  written: WrittenTrajectory,
  sealed: ReadonlySet<string>,
): readonly TimelineRow[] {
  const { trajectory } = written;
  const { decisions, timing } = trajectory.extra.aftertrace;
  return decisions
    .filter(({ id, verdict }) => !sealed.has(id) && verdict !== 'allow')
    .map((decision) => ({
      at: decision.at ?? isoOfNanos(timing.startTimeUnixNano),
      kind: 'fact',
      source: 'decision',
      actor: plain(decision.agent ?? trajectory.agent.name),
      text: `${decisionText({ ...decision, tool: decision.tool ?? 'a tool' })} (telemetry says so; not sealed)`,
      evidence: [
        {
          ...lineEvidence(written),
          ...(decision.spanId === undefined ? {} : { spanId: decision.spanId }),
        },
      ],
    }));
}
