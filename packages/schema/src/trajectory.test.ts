import { describe, expect, test } from 'vitest';

import { AtifTrajectory, Trajectory } from './trajectory.ts';

const aftertrace = {
  v: 1,
  revision: 1,
  outcome: {
    outcome: 'failure',
    basis: 'unrecovered_tool_failure',
    certainty: 'likely',
    rule: 'run.x',
  },
  toolOutcomes: { failed: 1 },
  decisions: [],
  overrides: [],
  containments: [],
  traceIds: ['a'.repeat(32)],
  rootSpanId: 'b'.repeat(16),
  incidentIds: [],
  sampling: { kept: true, rule: 'default.keep_all', ratio: 1 },
  redaction: { policy: 'default', counts: { email: 1 } },
  content: 'redacted',
  timing: {
    startTimeUnixNano: '1790000000000000001',
    endTimeUnixNano: '1790000000500000002',
    durationMillis: 500.000001,
  },
  dialect: 'otel-genai',
  completeness: { rootEnded: true, spans: 3, gaps: [] },
};

const valid = {
  schema_version: 'ATIF-v1.7',
  trajectory_id: 'traj_1',
  agent: { name: 'support', version: '1.0.0' },
  steps: [
    { step_id: 1, source: 'user', message: 'refund order 7' },
    {
      step_id: 2,
      source: 'agent',
      message: '',
      llm_call_count: 1,
      tool_calls: [{ tool_call_id: 'c1', function_name: 'refund', arguments: { order: '7' } }],
      observation: { results: [{ source_call_id: 'c1', content: '{"success":false}' }] },
    },
  ],
  extra: { aftertrace },
};

const step = (change: object): unknown => ({
  ...valid,
  steps: [valid.steps[0], { ...valid.steps[1], ...change }],
});

describe('Trajectory', () => {
  test('accepts a line as Aftertrace writes it, which is a valid ATIF document too', () => {
    expect(Trajectory.safeParse(valid).error).toBeUndefined();
    expect(AtifTrajectory.safeParse(valid).error).toBeUndefined();
  });

  test.each([
    ['a step number that skips', step({ step_id: 3 })],
    [
      'an observation for a call of another step',
      step({ observation: { results: [{ source_call_id: 'c2' }] } }),
    ],
    ['tool calls of a user', step({ source: 'user' })],
    ['metrics without a model call', step({ llm_call_count: 0, metrics: { prompt_tokens: 1 } })],
    ['a field that ATIF does not know', step({ outcome: 'failed' })],
    ['no step at all', { ...valid, steps: [] }],
    ['a version that does not exist', { ...valid, schema_version: 'ATIF-v2.0' }],
    [
      'times that are not decimal strings',
      {
        ...valid,
        extra: {
          aftertrace: {
            ...aftertrace,
            timing: { ...aftertrace.timing, startTimeUnixNano: 1.79e18 },
          },
        },
      },
    ],
  ])('refuses %s', (_what, document) => {
    expect(Trajectory.safeParse(document).success).toBe(false);
  });

  const withTool = (definition: unknown): unknown => ({
    ...valid,
    agent: { ...valid.agent, tool_definitions: [definition] },
  });

  test.each([
    [
      'with a schema of any kind',
      {
        name: 'refund',
        description: 'pays back',
        parameters: { type: 'object', 'x-own': { a: [1] } },
        strict: true,
      },
    ],
    ['without one', { name: 'web_search' }],
  ])('takes tool definitions in the form of OpenAI, %s', (_what, definition) => {
    const document = withTool({ type: 'function', function: definition });
    expect(Trajectory.safeParse(document).error).toBeUndefined();
    expect(AtifTrajectory.safeParse(document).error).toBeUndefined();
  });

  test.each([
    ["the AI SDK's", { type: 'function', name: 'refund', inputSchema: { type: 'object' } }],
    ["OpenTelemetry's", { type: 'function', name: 'refund', parameters: { type: 'object' } }],
    ['one without a type', { function: { name: 'refund' } }],
    ['one without a name', { type: 'function', function: { parameters: {} } }],
    ['parameters that are text', { type: 'function', function: { name: 'a', parameters: '{}' } }],
    ['a field beside the function', { type: 'function', function: { name: 'a' }, id: 'a' }],
    [
      'a schema by another name',
      { type: 'function', function: { name: 'a', inputSchema: { type: 'object' } } },
    ],
  ])('refuses tool definitions in another form: %s', (_what, definition) => {
    expect(Trajectory.safeParse(withTool(definition)).success).toBe(false);
    expect(AtifTrajectory.safeParse(withTool(definition)).success).toBe(false);
  });

  test('holds sub-agents as whole documents', () => {
    const { extra: _ours, ...plain } = valid;
    expect(Trajectory.safeParse({ ...valid, subagent_trajectories: [plain] }).success).toBe(true);
    expect(
      Trajectory.safeParse({ ...valid, subagent_trajectories: [{ ...plain, steps: [] }] }).success,
    ).toBe(false);
  });
});
