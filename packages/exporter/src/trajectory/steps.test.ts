import { describe, expect, it } from 'vitest';

import { AGENT, chat, history, lineOf, tool } from '../testing/lines.ts';
import { spanId, type SpanInput } from '../testing/otlp-builder.ts';

describe('steps of a line', () => {
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
    const steps = lineOf(spans).steps.map((step) => `${step.source}: ${step.message as string}`);
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
});
