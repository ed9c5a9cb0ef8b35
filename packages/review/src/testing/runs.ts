import type {
  AtifStep,
  ContentMode,
  RunOutcomeKind,
  ToolOutcome,
  TrajectoryExtra,
  WrittenTrajectory,
} from '@aftertrace/schema';

/** A tool call of a run that is made up for a test. */
export interface TestCall {
  readonly tool: string;
  readonly arguments?: Record<string, unknown>;
  readonly outcome?: ToolOutcome;
  readonly spanId?: string;
  /** Ours on the call. */
  readonly extra?: Record<string, unknown>;
}

export interface TestRun {
  readonly run: string;
  readonly outcome?: RunOutcomeKind;
  readonly agent?: string;
  readonly content?: ContentMode;
  readonly calls?: readonly TestCall[];
  readonly line?: number;
  /** Minutes after ten o'clock. */
  readonly minute?: number;
  readonly extra?: Partial<TrajectoryExtra>;
}

const START = Date.parse('2026-11-22T10:00:00.000Z');

export const timedOut: ToolOutcome = {
  outcome: 'failed',
  certainty: 'certain',
  channel: 'result',
  class: 'timeout',
  rule: 'json.success_false',
};

export function minuteIso(minute: number): string {
  return new Date(START + minute * 60_000).toISOString();
}

function stepOf(call: TestCall, index: number, minute: number): AtifStep {
  const id = `call_${index + 1}`;
  const outcome = call.outcome ?? { outcome: 'ok', certainty: 'certain', rule: 'default' };
  const spanId = call.spanId ?? `00000000000000${String(index + 10)}`;
  return {
    step_id: index + 2,
    source: 'agent',
    message: 'SECRET-CONTENT',
    tool_calls: [
      {
        tool_call_id: id,
        function_name: call.tool,
        arguments: call.arguments ?? {},
        ...(call.extra === undefined ? {} : { extra: { aftertrace: call.extra } }),
      },
    ],
    observation: {
      results: [
        {
          source_call_id: id,
          content: 'SECRET-CONTENT',
          extra: { aftertrace: { outcome, spanId, startedAt: minuteIso(minute + 0.1) } },
        },
      ],
    },
  };
}

/** A run's line: a user's step, then one step a call. */
export function runOf(run: TestRun): WrittenTrajectory {
  const minute = run.minute ?? 0;
  const kind = run.outcome ?? 'failure';
  const nanos = (at: number): string => String(BigInt(START + at * 60_000) * 1_000_000n);
  return {
    file: `trajectories/${kind === 'success' ? 'success' : 'failure'}/2026-11-22.jsonl`,
    line: run.line ?? 1,
    trajectory: {
      schema_version: 'ATIF-v1.7',
      trajectory_id: `traj_${run.run}`,
      agent: { name: run.agent ?? 'support', version: '1.4.2', model_name: 'small-1' },
      steps: [
        { step_id: 1, source: 'user', message: 'SECRET-CONTENT' },
        ...(run.calls ?? []).map((call, index) => stepOf(call, index, minute)),
      ],
      extra: {
        aftertrace: {
          v: 1,
          revision: 1,
          outcome: { outcome: kind, basis: 'explicit', certainty: 'certain', rule: 'run.explicit' },
          toolOutcomes: {},
          decisions: [],
          overrides: [],
          containments: [],
          runId: run.run,
          traceIds: ['0af7651916cd43dd8448eb211c80319c'],
          rootSpanId: 'b7ad6b7169203331',
          incidentIds: [],
          sampling: { kept: true, rule: 'all', ratio: 1 },
          redaction: { policy: 'p', counts: {} },
          content: run.content ?? 'full',
          timing: {
            startTimeUnixNano: nanos(minute),
            endTimeUnixNano: nanos(minute + 1),
            durationMillis: 60_000,
          },
          dialect: 'otel-genai',
          completeness: { rootEnded: true, spans: 3, gaps: [] },
          ...run.extra,
        },
      },
    },
  };
}
