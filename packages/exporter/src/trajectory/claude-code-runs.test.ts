import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createFindingDesk } from '../judge/finding-desk.ts';
import { stringifyLossless } from '../json/lossless-json.ts';
import { assembling, readable } from '../testing/assembling.ts';
import { claudeLogs, claudeSpans } from '../testing/claude-code-session.ts';
import { lineOf } from '../testing/lines.ts';
import { spanId } from '../testing/otlp-builder.ts';
import { buildTrajectory } from './build-trajectory.ts';

const FORMS = [
  ['records alone', [], claudeLogs()],
  ['records and spans', claudeSpans(), claudeLogs('p1', 0, true)],
  ['records in a trace whose spans never came', [], claudeLogs('p1', 0, true)],
] as const;

describe.each(FORMS)('a prompt of Claude Code by %s', (_form, spans, logs) => {
  const line = lineOf(spans, logs);

  it('is one run with the prompt, each answer, and each call once', () => {
    const told = line.steps.map(({ source, message, tool_calls: calls }) => [
      source,
      message,
      ...(calls ?? []).map((call) => [call.tool_call_id, call.function_name, call.arguments]),
    ]);
    const call = (id: string, command: string) => [id, 'Bash', { command }];
    expect(told).toEqual([
      ['user', 'tidy up'],
      ['agent', 'On it.', call('toolu_0', 'touch x'), call('toolu_1', 'mkdir x')],
      ['agent', 'Once more.', call('toolu_2', 'ls x')],
      ['agent', 'Done.'],
    ]);
  });

  it('tells the tokens and costs of each request once', () => {
    expect(line.final_metrics).toEqual({
      total_prompt_tokens: 405,
      total_completion_tokens: 60,
      total_cached_tokens: 90,
      total_cost_usd: 0.75,
      total_steps: 4,
    });
  });

  it('says what became of each call, of which one was refused', () => {
    const outcomes = line.steps.flatMap(({ observation }) =>
      (observation?.results ?? []).map(({ source_call_id: id, extra }) => [
        id,
        extra?.['aftertrace'],
      ]),
    );
    expect(outcomes).toMatchObject([
      [
        'toolu_0',
        {
          outcome: {
            outcome: 'denied',
            certainty: 'certain',
            channel: 'framework',
            rule: 'framework.refused',
          },
        },
      ],
      ['toolu_1', { outcome: { outcome: 'failed', certainty: 'certain' } }],
      ['toolu_2', { outcome: { outcome: 'ok' } }],
    ]);
    expect(line.extra.aftertrace.toolOutcomes).toEqual({ denied: 1, failed: 1, ok: 1 });
  });

  it('has each decision once, with its call, and who overrode it', () => {
    const { decisions, overrides } = line.extra.aftertrace;
    expect(
      decisions.map(({ toolCallId, verdict, source, tool }) => [toolCallId, verdict, source, tool]),
    ).toEqual([
      ['toolu_0', 'block', 'human', 'Bash'],
      ['toolu_1', 'allow', 'human', 'Bash'],
      ['toolu_2', 'allow', 'framework', 'Bash'],
    ]);
    expect(overrides.map(({ decision, kind, actor }) => [decision, kind, actor.id])).toEqual([
      ['reject', 'approval', 'u1'],
      ['approve', 'approval', 'u1'],
    ]);
    const ids = line.steps.flatMap(({ tool_calls: calls }) =>
      (calls ?? []).map(({ extra }) => extra?.['aftertrace']),
    );
    expect(ids).toMatchObject(decisions.map(({ id }) => ({ decision: id })));
  });

  it('names the agent, its version, the person and the session', () => {
    expect(line.agent).toMatchObject({
      name: 'claude-code',
      version: '2.1.330',
      model_name: 'claude-x',
    });
    expect(line.session_id).toBe('s1');
    expect(line.extra.aftertrace).toMatchObject({ onBehalfOf: 'u1', dialect: 'claude-code' });
  });

  it('is the same line whatever the order in which it came, and however often', () => {
    const expected = stringifyLossless(line);
    const shuffled = <Item>(items: readonly Item[]) =>
      fc.shuffledSubarray([...items, ...items], { minLength: items.length * 2 });
    fc.assert(
      fc.property(shuffled(spans), shuffled(logs), (someSpans, someLogs) => {
        expect(stringifyLossless(lineOf(someSpans, someLogs))).toBe(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('makes each finding once: the failed call, the refused one, what the person did', () => {
    const told = findingsOf(spans, logs).map(
      ({ kind, tool, summary }) => `${kind} ${tool} ${summary.split(':')[0]}`,
    );
    expect(told.toSorted((left, right) => left.localeCompare(right))).toEqual([
      'decision Bash Bash of claude-code',
      'override Bash approval by u1',
      'override Bash approval by u1',
      'tool_failure Bash Bash failed in claude-code',
    ]);
    const again = findingsOf(spans, logs.toReversed());
    expect(new Set(again.map(({ id }) => id))).toEqual(
      new Set(findingsOf(spans, logs).map(({ id }) => id)),
    );
  });
});

function findingsOf(spans: Parameters<typeof lineOf>[0], logs: Parameters<typeof lineOf>[1] = []) {
  const desk = createFindingDesk();
  const found: ReturnType<typeof desk.fromEvent>[number][] = [];
  const {
    spans: takeSpans,
    logs: takeLogs,
    assembler,
  } = assembling({
    onSpan: (record) => found.push(...desk.fromSpan(record, 0).findings),
    onEvent: (record) => found.push(...desk.fromEvent(record)),
  });
  takeSpans(0, ...spans);
  takeLogs(0, ...logs);
  for (const ready of assembler.closeAll(1)) {
    const run = buildTrajectory(readable(ready), { content: 'full' });
    found.push(...desk.fromRun(run, ready.part.runId));
  }
  return found;
}

describe('Claude Code by records alone', () => {
  it('keeps the times of calls and requests that only their ends tell', () => {
    const { steps } = lineOf([], claudeLogs());
    expect(steps[1]).toMatchObject({
      timestamp: '2026-11-22T10:00:00.010Z',
      extra: { aftertrace: { durationMillis: 50, provider: 'anthropic' } },
      observation: {
        results: [
          {},
          { extra: { aftertrace: { startedAt: '2026-11-22T10:00:00.080Z', durationMillis: 10 } } },
        ],
      },
    });
  });

  it('is unknown where the model had answered last, incomplete where a call was left open', () => {
    const whole = claudeLogs();
    expect(lineOf([], whole).extra.aftertrace.outcome.outcome).not.toBe('incomplete');
    const cut = whole.slice(0, 9);
    expect(lineOf([], cut).extra.aftertrace.outcome.outcome).toBe('incomplete');
  });

  it('fails with a last request that failed', () => {
    const [prompt] = claudeLogs();
    const error = {
      ...prompt,
      event: '',
      at: 20,
      body: 'claude_code.api_error',
      attributes: {
        ...prompt?.attributes,
        'event.name': 'api_error',
        status_code: 529,
        error: 'busy, mail ana@example.com',
      },
    };
    const logs = [...claudeLogs().slice(0, 1), error];
    const line = lineOf([], logs, { content: 'redacted' });
    expect(line.extra.aftertrace.outcome).toMatchObject({
      outcome: 'failure',
      basis: 'root_error',
    });
    expect(line.steps[1]?.extra).toMatchObject({
      aftertrace: { error: { type: 'http_529', message: 'busy, mail [REDACTED:email]' } },
    });
    const bare = lineOf([], logs, { content: 'none' });
    expect(bare.steps[1]?.extra).toMatchObject({ aftertrace: { error: { type: 'http_529' } } });
    expect(stringifyLossless(bare)).not.toContain('busy');
  });

  it('closes a prompt when the session’s next one comes, whichever comes first', () => {
    for (const order of [
      [claudeLogs('p1'), claudeLogs('p2', 1000)],
      [claudeLogs('p2', 1000), claudeLogs('p1')],
    ]) {
      const { assembler, logs } = assembling({ limits: { graceMillis: 10, idleMillis: 10_000 } });
      for (const some of order) logs(0, ...some);
      const [first, ...others] = assembler.due(50);
      expect(others).toEqual([]);
      expect(first?.part).toMatchObject({ runId: 'p1', progress: 'ended' });
      expect(first?.reason).toBe('ended');
      expect(assembler.due(10_050).map(({ part, reason }) => [part.runId, reason])).toEqual([
        ['p2', 'idle'],
      ]);
    }
  });

  it('leaves the prompts of other sessions open', () => {
    const { assembler, logs } = assembling({ limits: { graceMillis: 10, idleMillis: 10_000 } });
    const other = claudeLogs('p2', 1000).map((log) => ({
      ...log,
      attributes: { ...log.attributes, 'session.id': 's2' },
    }));
    logs(0, ...claudeLogs('p1'), ...other);
    expect(assembler.due(50)).toEqual([]);
  });
});

it('takes costs and text from the records and times from the spans of a request', () => {
  const line = lineOf(claudeSpans(), claudeLogs('p1', 0, true));
  expect(line.steps[1]).toMatchObject({
    message: 'On it.',
    metrics: { prompt_tokens: 135, cost_usd: 0.25 },
    extra: {
      aftertrace: { spanId: spanId('m0'), durationMillis: 50, finishReasons: ['tool_use'] },
    },
  });
  expect(line.extra.aftertrace.completeness).toMatchObject({ rootEnded: true, gaps: [] });
});

it('tells a run of spans alone with its prompt, refusals and failures', () => {
  const line = lineOf(claudeSpans());
  expect(line.steps[0]).toMatchObject({ source: 'user', message: 'tidy up' });
  expect(line.extra.aftertrace.toolOutcomes).toEqual({ denied: 1, failed: 1, ok: 1 });
  expect(line.extra.aftertrace.decisions).toHaveLength(3);
});

it('takes the word that a call ran over an earlier one that it was refused', () => {
  const refusedFirst = claudeLogs().map((log) =>
    log.attributes?.['decision'] === 'reject'
      ? { ...log, attributes: { ...log.attributes, tool_use_id: 'toolu_1' } }
      : log,
  );
  expect(lineOf([], refusedFirst).extra.aftertrace.toolOutcomes).toEqual({ failed: 1, ok: 1 });
});
