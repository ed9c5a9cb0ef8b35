import { Trajectory } from '@aftertrace/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createAssembler } from '../assemble/assembler.ts';
import { eventRecord, spanRecord } from '../assemble/records.ts';
import { AssemblyConfig } from '../config.ts';
import { stringifyLossless } from '../json/lossless-json.ts';
import {
  logsOf,
  spansOf,
  spanId,
  TRACE,
  type LogInput,
  type SpanInput,
} from '../testing/otlp-builder.ts';
import { refundStory } from '../testing/stories.ts';
import { buildTrajectory, type TrajectoryOptions } from './build-trajectory.ts';

const FULL: TrajectoryOptions = { content: 'full', successRatio: 1 };

/** The lines of telemetry that came in this order, checked against the schema. */
function linesOf(
  spans: readonly SpanInput[],
  logs: readonly LogInput[] = [],
  options: TrajectoryOptions = FULL,
): readonly Trajectory[] {
  const assembler = createAssembler(AssemblyConfig.parse({}));
  const settle = { settle: () => undefined };
  for (const log of logsOf(...logs)) {
    const record = eventRecord(log, 0, () => settle);
    if (record !== undefined) assembler.add(record);
  }
  for (const span of spansOf(...spans)) assembler.add(spanRecord(span, 0, settle));
  return assembler.closeAll(1).flatMap((ready) => {
    const { trajectory } = buildTrajectory(ready, options);
    return trajectory === undefined ? [] : [Trajectory.parse(trajectory)];
  });
}

function lineOf(...args: Parameters<typeof linesOf>): Trajectory {
  const lines = linesOf(...args);
  expect(lines).toHaveLength(1);
  return lines[0] as Trajectory;
}

const AGENT: SpanInput = {
  id: 'agent',
  to: 100,
  attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'clerk' },
};
const chat = (id: string, from: number, attributes: SpanInput['attributes'] = {}): SpanInput => ({
  id,
  parent: 'agent',
  from,
  to: from + 1,
  attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt', ...attributes },
});
const tool = (id: string, from: number, attributes: SpanInput['attributes'] = {}): SpanInput => ({
  id,
  parent: 'agent',
  from,
  to: from + 1,
  attributes: {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'look',
    ...attributes,
  },
});
const history = (...messages: readonly (readonly [string, string])[]): string =>
  JSON.stringify(messages.map(([role, content]) => ({ role, content })));

describe('buildTrajectory', () => {
  it('writes a whole run: messages, calls, results, outcomes, tokens, times', () => {
    const { spans, logs } = refundStory();
    const line = lineOf(spans, logs);
    expect(line.agent).toMatchObject({ name: 'support', version: '1.4.2', model_name: 'gpt' });
    expect(line.session_id).toBe('conv-1');
    expect(line.steps.map((step) => [step.source, step.message])).toEqual([
      ['system', 'You help customers.'],
      ['user', 'Refund order 7, mail me at ana@example.com'],
      ['agent', ''],
      ['agent', 'That did not work, sorry.'],
    ]);
    const [, , call] = line.steps;
    expect(call).toMatchObject({
      model_name: 'gpt',
      llm_call_count: 1,
      timestamp: '2026-11-22T10:00:00.010Z',
      metrics: { prompt_tokens: 11, completion_tokens: 3 },
      tool_calls: [{ tool_call_id: 'c1', function_name: 'refund' }],
      observation: {
        results: [
          {
            source_call_id: 'c1',
            content: '{"success":false,"error":"card declined","card":"4111 1111 1111 1111"}',
            extra: {
              aftertrace: {
                spanId: spanId('t1'),
                durationMillis: 12.5,
                outcome: { outcome: 'failed', rule: 'json.success_false' },
              },
            },
          },
        ],
      },
    });
    expect(line.final_metrics).toEqual({
      total_prompt_tokens: 31,
      total_completion_tokens: 8,
      total_steps: 4,
    });
    expect(line.extra.aftertrace).toMatchObject({
      runId: 'run-1',
      traceIds: [TRACE],
      rootSpanId: spanId('agent'),
      toolOutcomes: { failed: 1 },
      outcome: { firstFailingStep: 3, lastGoodStep: 2 },
      timing: {
        startTimeUnixNano: '1795341600000000000',
        endTimeUnixNano: '1795341600070000000',
        durationMillis: 70,
      },
      completeness: { rootEnded: true, spans: 4, events: 3, gaps: [] },
      dialect: 'otel-genai',
    });
  });

  it('keeps every digit of the integers in arguments', () => {
    const { spans, logs } = refundStory();
    expect(stringifyLossless(lineOf(spans, logs))).toContain(
      '"arguments":{"order":7,"big":12345678901234567890}',
    );
  });

  it('gives the same line whatever the order in which telemetry came, and however often', () => {
    const { spans, logs } = refundStory();
    const expected = stringifyLossless(lineOf(spans, logs));
    const shuffled = <Item>(items: readonly Item[]) =>
      fc.shuffledSubarray([...items, ...items], { minLength: items.length * 2 });
    fc.assert(
      fc.property(shuffled(spans), shuffled(logs), (someSpans, someLogs) => {
        expect(stringifyLossless(lineOf(someSpans, someLogs))).toBe(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('writes each message once though every model call repeats the history, and what was said twice twice', () => {
    const turns: [string, string][] = [['system', 'be kind']];
    const spans: SpanInput[] = [AGENT];
    for (let turn = 0; turn < 5; turn += 1) {
      turns.push(['user', 'yes']);
      const output = history(['assistant', `answer ${turn}`]);
      spans.push(
        chat(`m${turn}`, turn * 10, {
          'gen_ai.input.messages': history(...turns),
          'gen_ai.output.messages': output,
        }),
      );
      turns.push(['assistant', `answer ${turn}`]);
    }
    const steps = lineOf(spans).steps.map((step) => `${step.source}: ${String(step.message)}`);
    expect(steps).toEqual([
      'system: be kind',
      ...[0, 1, 2, 3, 4].flatMap((turn) => ['user: yes', `agent: answer ${turn}`]),
    ]);
  });

  it('marks what the first call brings from an earlier run as copied context', () => {
    const input = history(['user', 'hello'], ['assistant', 'hi'], ['user', 'more']);
    const steps = lineOf([AGENT, chat('m', 1, { 'gen_ai.input.messages': input })]).steps;
    expect(steps.map((step) => [step.message, step.is_copied_context ?? false])).toEqual([
      ['hello', true],
      ['hi', true],
      ['more', false],
      ['', false],
    ]);
  });

  it('without content still has names, ids, outcomes, times and tokens, and says so', () => {
    const line = lineOf([
      AGENT,
      chat('m', 1, { 'gen_ai.usage.input_tokens': 5 }),
      tool('t1', 3, { 'gen_ai.tool.call.id': 'c1', 'aftertrace.tool.outcome': 'ok' }),
      tool('t2', 5),
      chat('m2', 8),
    ]);
    expect(line.extra.aftertrace).toMatchObject({
      content: 'none',
      completeness: { gaps: ['no_content'] },
      toolOutcomes: { ok: 1, unknown: 1 },
    });
    expect(line.steps.map((step) => step.tool_calls?.map((call) => call.tool_call_id))).toEqual([
      ['c1', `call_${spanId('t2')}`],
      undefined,
    ]);
    expect(line.steps[0]).toMatchObject({
      metrics: { prompt_tokens: 5 },
      tool_calls: [{ arguments: {} }, {}],
    });
  });

  it('finds the call of a tool span by id, then by name and arguments, then by name', () => {
    const output = JSON.stringify([
      {
        role: 'assistant',
        parts: [
          { type: 'tool_call', id: 'x', name: 'look', arguments: { at: 1 } },
          { type: 'tool_call', name: 'look', arguments: { at: 2 } },
          { type: 'tool_call', name: 'look', arguments: { at: 3 } },
        ],
      },
    ]);
    const args = (at: number): SpanInput['attributes'] => ({
      'gen_ai.tool.call.arguments': JSON.stringify({ at }),
      'gen_ai.tool.call.result': `saw ${at}`,
    });
    const line = lineOf([
      AGENT,
      chat('m', 1, { 'gen_ai.output.messages': output }),
      tool('t3', 3, args(3)),
      tool('t9', 4, args(9)),
      tool('t1', 5, { ...args(1), 'gen_ai.tool.call.id': 'x' }),
    ]);
    const [step] = line.steps;
    expect(step?.tool_calls?.map((call) => call.arguments)).toEqual([
      { at: 1 },
      { at: 9 },
      { at: 3 },
    ]);
    expect(step?.observation?.results.map((result) => result.content)).toEqual([
      'saw 1',
      'saw 9',
      'saw 3',
    ]);
    expect(step?.tool_calls?.[1]?.extra).toMatchObject({
      aftertrace: { proposedArguments: { at: 2 } },
    });
  });

  it('takes results from the next history where no tool span was seen, and judges them', () => {
    const output = JSON.stringify([
      { role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'look', arguments: '{}' } }] },
    ]);
    const input = JSON.stringify([
      ...(JSON.parse(output) as unknown[]),
      { role: 'tool', tool_call_id: 'c', content: '{"success":false}' },
    ]);
    const line = lineOf([
      AGENT,
      chat('m', 1, { 'gen_ai.output.messages': output }),
      chat('n', 5, { 'gen_ai.input.messages': input }),
    ]);
    expect(line.steps).toHaveLength(2);
    expect(line.steps[0]?.observation?.results).toMatchObject([
      {
        source_call_id: 'c',
        content: '{"success":false}',
        extra: { aftertrace: { outcome: { outcome: 'failed' } } },
      },
    ]);
  });

  it('counts a model call once that a framework and a library both tell of', () => {
    const said = history(['assistant', 'done']);
    const line = lineOf([
      AGENT,
      { ...chat('outer', 1, { 'gen_ai.output.messages': said }), to: 9, scope: 'framework' },
      {
        ...chat('inner', 2, { 'gen_ai.output.messages': said, 'gen_ai.usage.input_tokens': 7 }),
        to: 8,
        scope: 'library',
      },
    ]);
    expect(line.steps).toMatchObject([
      {
        message: 'done',
        metrics: { prompt_tokens: 7 },
        extra: { aftertrace: { alsoSpanIds: [spanId('inner')] } },
      },
    ]);
  });

  it('counts an MCP span inside of the tool span of its call once', () => {
    const line = lineOf([
      AGENT,
      { ...tool('outer', 1), to: 9 },
      { ...tool('inner', 2), parent: 'outer' },
    ]);
    expect(line.extra.aftertrace.toolOutcomes).toEqual({ unknown: 1 });
  });

  it('makes a line of a run that was not sampled from its events alone', () => {
    const { logs } = refundStory();
    const unsampled = logs.map((log) => ({
      ...log,
      attributes: {
        ...log.attributes,
        'aftertrace.run.sampled': false,
        'gen_ai.usage.input_tokens': 31,
      },
    }));
    const line = lineOf([], unsampled);
    expect(line.extra.aftertrace).toMatchObject({
      runId: 'run-1',
      toolOutcomes: { failed: 1 },
      completeness: { rootEnded: true, spans: 0, events: 3, gaps: ['unsampled', 'no_content'] },
      timing: { durationMillis: 70 },
    });
    expect(line.steps).toMatchObject([
      { llm_call_count: 0, tool_calls: [{ tool_call_id: 'c1', function_name: 'refund' }] },
    ]);
    expect(line.final_metrics?.total_prompt_tokens).toBe(31);
    expect(line.trajectory_id).toBe(lineOf(refundStory().spans).trajectory_id);
  });

  it('records decisions and overrides, each once, from spans and events', () => {
    const decided = {
      'gen_ai.tool.name': 'refund',
      'aftertrace.decision.id': 'd1',
      'aftertrace.decision.verdict': 'escalate',
      'aftertrace.decision.action': 'escalate',
      'aftertrace.decision.source': 'policy',
      'aftertrace.decision.rule': 'refunds',
      'aftertrace.decision.reason': 'ask ana@example.com',
      'aftertrace.decision.policy.name': 'shop',
      'aftertrace.decision.policy.revision': 3,
    };
    const override = (status: string): { [key: string]: string } => ({
      'aftertrace.override.id': 'o1',
      'aftertrace.override.kind': 'approval',
      'aftertrace.override.decision': 'reject',
      'aftertrace.override.actor.id': 'ana',
      'aftertrace.override.reason': 'too much',
      'aftertrace.override.prior.source': 'policy',
      'aftertrace.override.prior.decision': 'escalate',
      'aftertrace.override.outcome': status,
    });
    const line = lineOf(
      [
        AGENT,
        tool('t', 5, {
          ...decided,
          ...override('not_executed'),
          'aftertrace.tool.outcome': 'denied',
          'aftertrace.decision.rules': '[{"id":"refunds","verdict":"escalate","mode":"enforce"}]',
        }),
      ],
      [
        {
          event: 'aftertrace.tool.decision',
          span: 't',
          at: 1,
          attributes: {
            ...decided,
            'aftertrace.decision.rules': [{ id: 'refunds', verdict: 'escalate', mode: 'enforce' }],
          },
        },
        { event: 'aftertrace.override', span: 't', at: 4, attributes: override('pending') },
      ],
      { content: 'redacted', successRatio: 1 },
    );
    expect(line.extra.aftertrace.decisions).toMatchObject([
      {
        id: 'd1',
        verdict: 'escalate',
        rule: 'refunds',
        policy: { name: 'shop', revision: 3 },
        reason: 'ask [REDACTED:email]',
        rules: [{ id: 'refunds', verdict: 'escalate', mode: 'enforce' }],
      },
    ]);
    expect(line.extra.aftertrace.overrides).toMatchObject([
      {
        id: 'o1',
        kind: 'approval',
        decision: 'reject',
        actor: { id: 'ana' },
        outcome: { status: 'not_executed' },
      },
    ]);
    expect(line.extra.aftertrace.toolOutcomes).toEqual({ denied: 1 });
  });

  it.each([
    [
      { 'aftertrace.run.outcome': 'failure', 'aftertrace.run.outcome.basis': 'explicit' },
      undefined,
      'failure',
      'explicit',
    ],
    [
      { 'aftertrace.run.outcome': 'terminated', 'aftertrace.run.outcome.basis': 'terminated' },
      undefined,
      'terminated',
      'terminated',
    ],
    [{ 'error.type': 'TypeError' }, 'broke', 'failure', 'root_error'],
    [{ 'gen_ai.response.finish_reasons': ['stop'] }, undefined, 'success', 'finish_reason'],
    [{}, undefined, 'unknown', 'none'],
  ] as const)('judges a run with %j on its root', (attributes, error, outcome, basis) => {
    const root = {
      ...AGENT,
      attributes: { ...AGENT.attributes, ...attributes },
      ...(error === undefined ? {} : { error }),
    };
    expect(lineOf([root]).extra.aftertrace.outcome).toMatchObject({ outcome, basis });
  });

  it('judges by an evaluation that came as an event', () => {
    const logs = [
      {
        event: 'gen_ai.evaluation.result',
        span: 'agent',
        attributes: { 'gen_ai.evaluation.name': 'done', 'gen_ai.evaluation.score.label': 'fail' },
      },
    ];
    expect(lineOf([AGENT], logs).extra.aftertrace.outcome).toMatchObject({
      outcome: 'failure',
      basis: 'evaluation',
    });
  });

  it('redacts every piece of content, counts it, and leaves names and numbers alone', () => {
    const { spans, logs } = refundStory();
    const line = lineOf(spans, logs, { content: 'redacted', successRatio: 1 });
    const text = stringifyLossless(line);
    expect(text).not.toContain('ana@example.com');
    expect(text).not.toContain('4111');
    expect(line.extra.aftertrace).toMatchObject({
      content: 'redacted',
      redaction: { counts: { email: 1, card: 1 } },
    });
    expect(text).toContain('"order":7,"big":12345678901234567890');
  });

  it('drops all content where none is wanted', () => {
    const { spans, logs } = refundStory();
    const line = lineOf(spans, logs, { content: 'none', successRatio: 1 });
    const text = stringifyLossless(line);
    for (const secret of [
      'Refund order',
      'declined',
      'sorry',
      'help customers',
      '12345678901234567890',
    ])
      expect(text).not.toContain(secret);
    expect(line.extra.aftertrace).toMatchObject({ content: 'none', toolOutcomes: { failed: 1 } });
  });

  it('makes a valid line of whatever attributes a stranger sends', () => {
    const keys = [
      'gen_ai.operation.name',
      'gen_ai.input.messages',
      'gen_ai.output.messages',
      'gen_ai.tool.name',
      'gen_ai.tool.call.arguments',
      'gen_ai.tool.call.result',
      'gen_ai.tool.call.id',
      'gen_ai.usage.input_tokens',
      'gen_ai.agent.name',
      'openinference.span.kind',
      'llm.output_messages.0.message.role',
      'llm.output_messages.0.message.tool_calls.0.tool_call.function.name',
      'gen_ai.output',
      'gen_ai.tool.args',
      'aftertrace.tool.outcome',
      'aftertrace.decision.verdict',
      'aftertrace.override.id',
      'aftertrace.run.outcome',
      'gen_ai.tool.definitions',
      'gen_ai.response.finish_reasons',
    ];
    const words = [
      'chat',
      'invoke_agent',
      'execute_tool',
      'call_llm',
      'LLM',
      'AGENT',
      'TOOL',
      'failed',
      'block',
      'success',
      '',
      '[]',
      '{}',
      '[[[',
      'null',
      '[{"role":"tool","content":null}]',
      '[{"role":5,"parts":[{"type":"tool_call","name":"x"},null,7]}]',
      '{"__proto__":1}',
    ];
    const value = fc.oneof(
      fc.constantFrom(...words),
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.double({ noNaN: true }),
      fc.json(),
    );
    const span = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      parent: fc.constantFrom('a', 'b', 'zz'),
      from: fc.nat(50),
      to: fc.nat(99),
      attributes: fc.dictionary(fc.constantFrom(...keys), value),
    });
    fc.assert(
      fc.property(
        fc.array(span, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('full', 'redacted', 'none'),
        (spans, content) => {
          for (const line of linesOf(spans, [], { content, successRatio: 1 })) {
            expect(Trajectory.safeParse(JSON.parse(stringifyLossless(line))).error).toBeUndefined();
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
