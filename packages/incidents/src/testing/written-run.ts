import type { WrittenTrajectory } from '@aftertrace/schema';

/** The smallest line of a run, and where it is. */
export function writtenRunOf(run: {
  readonly run: string;
  readonly revision?: number;
  readonly conversation?: string;
}): WrittenTrajectory {
  return {
    file: 'trajectories/failure/2026-11-22.jsonl',
    line: 1,
    trajectory: {
      schema_version: 'ATIF-v1.7',
      trajectory_id: `traj_${run.run}`,
      agent: { name: 'support', version: '1' },
      steps: [{ step_id: 1, source: 'user', message: '' }],
      extra: {
        aftertrace: {
          v: 1,
          revision: run.revision ?? 1,
          outcome: { outcome: 'failure', basis: 'none', certainty: 'certain', rule: 'r' },
          toolOutcomes: {},
          decisions: [],
          overrides: [],
          containments: [],
          runId: run.run,
          ...(run.conversation === undefined ? {} : { conversationId: run.conversation }),
          traceIds: ['0af7651916cd43dd8448eb211c80319c'],
          rootSpanId: 'b7ad6b7169203331',
          incidentIds: [],
          sampling: { kept: true, rule: 'all', ratio: 1 },
          redaction: { policy: 'default', counts: {} },
          content: 'none',
          timing: { startTimeUnixNano: '1', endTimeUnixNano: '2', durationMillis: 0 },
          dialect: 'otel-genai',
          completeness: { rootEnded: true, spans: 1, gaps: [] },
        },
      },
    },
  };
}
