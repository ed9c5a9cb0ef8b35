import { trajectoryId, type RunOutcomeKind, type Trajectory } from '@aftertrace/schema';

/** What tests vary in a line. */
export interface SampleInput {
  readonly run: string;
  readonly outcome?: RunOutcomeKind;
  readonly spans?: number;
  readonly rootEnded?: boolean;
  readonly digest?: string;
  readonly message?: string;
}

/** A small valid line with revision 1. */
export function sampleTrajectory(input: SampleInput): Trajectory {
  const { run, outcome = 'success', spans = 3, rootEnded = true, message = 'hi' } = input;
  return {
    schema_version: 'ATIF-v1.7',
    trajectory_id: trajectoryId({ runId: run, traceId: '', rootSpanId: '' }),
    agent: { name: 'support', version: '1' },
    steps: [{ step_id: 1, source: 'user', message }],
    extra: {
      aftertrace: {
        v: 1,
        revision: 1,
        outcome: { outcome, basis: 'none', certainty: 'likely', rule: 'test' },
        toolOutcomes: {},
        decisions: [],
        overrides: [],
        containments: [],
        runId: run,
        traceIds: ['a'.repeat(32)],
        rootSpanId: 'b'.repeat(16),
        incidentIds: [],
        sampling: { kept: true, rule: 'all', ratio: 1 },
        redaction: { policy: 'none', counts: {} },
        content: 'full',
        timing: {
          startTimeUnixNano: '1795341600000000000',
          endTimeUnixNano: '1795341601000000000',
          durationMillis: 1000,
        },
        dialect: 'otel-genai',
        completeness: {
          rootEnded,
          spans,
          events: 0,
          digest: input.digest ?? `digest of ${spans}`,
          gaps: [],
        },
      },
    },
  };
}
