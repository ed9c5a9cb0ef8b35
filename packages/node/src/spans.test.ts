import { digest } from '@aftertrace/schema/canonical';
import { describe, expect, test } from 'vitest';

import { spansOf, startFlight, toolSpan } from './testing/flight.ts';

const STREAMING = [
  ['generate', '0'],
  ['stream', '1'],
] as const;

describe.each(STREAMING)('an agent that knows nothing of us, %s', (_name, STREAM) => {
  test('leaves one tree a run, in OpenTelemetry names', async () => {
    const { otlp, run } = await startFlight();
    const { code, stderr } = await run(['lookup'], { env: { STREAM } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [agent, ...more] = spansOf(otlp, 'invoke_agent');
    expect(more).toEqual([]);
    expect(agent).toMatchObject({ name: 'invoke_agent support', kind: 1, status: 0 });
    expect(agent?.attributes['aftertrace.prompt.digest']).toBe(digest('You help customers.'));
    expect(agent?.attributes['aftertrace.tools.digest']).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(otlp.spans.map(({ name }) => name).sort()).toEqual([
      'chat gpt-test',
      'chat gpt-test',
      'execute_tool lookup_order',
      'invoke_agent support',
    ]);
    for (const span of otlp.spans) {
      expect(span.traceId).toBe(agent?.traceId);
      expect(span.attributes).toMatchObject({
        'gen_ai.agent.name': 'support',
        'gen_ai.conversation.id': 'conv-1',
        'aftertrace.run.id': agent?.attributes['aftertrace.run.id'],
        'aftertrace.instance.id': otlp.resources[0]?.['service.instance.id'],
      });
      expect(span.parentSpanId).toBe(span === agent ? undefined : agent?.spanId);
    }
    expect(toolSpan(otlp, 'lookup_order')).toMatchObject({
      kind: 1,
      status: 0,
      attributes: {
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.call.id': 'call_lookup_0',
        'gen_ai.tool.description': 'Looks an order up',
        'aftertrace.tool.outcome': 'ok',
      },
    });
    const [first, last] = spansOf(otlp, 'chat').toSorted((a, b) => Number(a.endNano - b.endNano));
    expect(first).toMatchObject({ kind: 3, status: 0 });
    expect(first?.attributes['gen_ai.response.finish_reasons']).toEqual(['tool_call']);
    expect(last?.attributes).toMatchObject({
      'gen_ai.provider.name': 'openai',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': expect.stringContaining('chatcmpl') as unknown,
      'gen_ai.usage.input_tokens': expect.any(Number) as unknown,
      'gen_ai.usage.output_tokens': expect.any(Number) as unknown,
    });
  });

  test('tells failed tools by what they threw and by what they returned, and leaves the recovered run unset', async () => {
    const { otlp, run } = await startFlight();
    await run(['several'], { env: { STREAM } });
    expect(toolSpan(otlp, 'refund')).toMatchObject({
      status: 2,
      attributes: {
        'aftertrace.tool.outcome': 'failed',
        'aftertrace.tool.failure.rule': 'json.success_false',
        'aftertrace.tool.failure.certainty': 'certain',
        'error.type': 'tool_error',
      },
    });
    expect(toolSpan(otlp, 'explode')).toMatchObject({
      status: 2,
      attributes: {
        'aftertrace.tool.outcome': 'failed',
        'aftertrace.tool.failure.channel': 'thrown',
        'error.type': 'TypeError',
      },
    });
    expect(spansOf(otlp, 'invoke_agent')[0]).toMatchObject({ status: 0 });
    const outcomes = otlp.events.filter(({ name }) => name === 'aftertrace.tool.outcome');
    expect(outcomes.map(({ attributes }) => String(attributes['gen_ai.tool.name'])).sort()).toEqual(
      ['explode', 'refund'],
    );
    for (const { spanId, attributes } of outcomes) {
      expect(spanId).toBe(toolSpan(otlp, String(attributes['gen_ai.tool.name'])).spanId);
    }
  });

  test('tells calls that the SDK does not make: broken arguments, and a tool that there is not', async () => {
    const { otlp, run } = await startFlight();
    const { stdout } = await run(['invalid'], { env: { STREAM } });
    expect(stdout).toContain('done: invalid');
    for (const [tool, problem, type] of [
      ['refund', 'invalid_arguments', 'AI_InvalidToolInputError'],
      ['no_such_tool', 'unknown_tool', 'AI_NoSuchToolError'],
    ] as const) {
      const span = toolSpan(otlp, tool);
      expect(span.endNano).toBe(span.startNano);
      expect(span).toMatchObject({
        parentSpanId: spansOf(otlp, 'invoke_agent')[0]?.spanId,
        status: 2,
        attributes: {
          'aftertrace.tool.outcome': 'failed',
          'aftertrace.tool.failure.certainty': 'certain',
          'aftertrace.tool.failure.channel': 'framework',
          'aftertrace.tool.failure.class': problem,
          'aftertrace.tool.failure.rule': `framework.${problem}`,
          'error.type': type,
        },
      });
      const events = otlp.events.filter(({ spanId }) => spanId === span.spanId);
      expect(events).toMatchObject([
        {
          name: 'aftertrace.tool.outcome',
          attributes: {
            'gen_ai.tool.name': tool,
            'gen_ai.tool.call.id': expect.stringMatching(/^call_invalid_/) as unknown,
            'aftertrace.tool.failure.class': problem,
          },
        },
      ]);
      expect(JSON.stringify([span.attributes, events])).not.toContain('hunter2');
    }
    const ended = otlp.events.find(({ name }) => name === 'aftertrace.run.ended');
    expect(ended?.attributes['aftertrace.run.tool_calls']).toBe(2);
  });

  test('gives the application the same bytes as without us', async () => {
    const { run } = await startFlight();
    const prompts = ['lookup', 'several', 'parts', 'invalid', 'nothing'];
    const env = { STREAM };
    const [bare, ours] = [await run(prompts, { env, imports: [] }), await run(prompts, { env })];
    expect(bare.code).toBe(0);
    expect(ours.stdout).toBe(bare.stdout);
    expect(ours.stderr).toBe(bare.stderr);
  });

  test('sends its events when no span is sampled, enough to rebuild the run', async () => {
    const { otlp, run } = await startFlight();
    await run(['several'], { env: { STREAM, OTEL_TRACES_SAMPLER: 'always_off' } });
    expect(otlp.spans).toEqual([]);
    expect(otlp.events.map(({ name }) => name)).toEqual([
      'aftertrace.run.started',
      'aftertrace.tool.outcome',
      'aftertrace.tool.outcome',
      'aftertrace.run.ended',
    ]);
    const [started, , , ended] = otlp.events;
    const refund = otlp.events.find(
      ({ attributes }) => attributes['gen_ai.tool.name'] === 'refund',
    );
    for (const { traceId, attributes } of otlp.events) {
      expect(traceId).toBe(started?.traceId);
      expect(attributes).toMatchObject({
        'aftertrace.run.id': started?.attributes['aftertrace.run.id'],
        'gen_ai.agent.name': 'support',
        'gen_ai.conversation.id': 'conv-1',
      });
    }
    expect(started?.traceId).toMatch(/[1-9a-f]/);
    expect(refund?.attributes).toMatchObject({
      'gen_ai.tool.call.id': 'call_several_1',
      'aftertrace.tool.outcome': 'failed',
      'aftertrace.tool.failure.rule': 'json.success_false',
    });
    expect(ended?.attributes).toMatchObject({
      'aftertrace.run.sampled': false,
      'aftertrace.run.steps': 2,
      'aftertrace.run.tool_calls': 3,
      'gen_ai.response.finish_reasons': ['stop'],
      'aftertrace.run.started_at': expect.any(Number) as unknown,
    });
  });

  test('keeps content out unless asked for', async () => {
    const { otlp, run } = await startFlight();
    await run(['several'], { env: { STREAM } });
    const told = JSON.stringify([otlp.spans, otlp.events], (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    for (const secret of ['ana@example.com', 'card expired', 'boom', 'You help customers']) {
      expect(told).not.toContain(secret);
    }
  });

  test('records messages, arguments and results as JSON text when asked for', async () => {
    const { otlp, run } = await startFlight();
    const OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT = 'SPAN_ONLY';
    await run(['lookup'], { env: { STREAM, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT } });
    const json = (value: unknown): unknown => JSON.parse(String(value));
    const tool = toolSpan(otlp, 'lookup_order').attributes;
    expect(json(tool['gen_ai.tool.call.arguments'])).toEqual({
      id: 1,
      note: 'for ana@example.com',
    });
    expect(json(tool['gen_ai.tool.call.result'])).toMatchObject({ order: 'A1' });
    const chats = spansOf(otlp, 'chat').toSorted((a, b) => Number(a.endNano - b.endNano));
    const [first, last] = chats.map(({ attributes }) => attributes);
    expect(json(first?.['gen_ai.system_instructions'])).toEqual([
      { type: 'text', content: 'You help customers.' },
    ]);
    expect(json(first?.['gen_ai.input.messages'])).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'lookup' }] },
    ]);
    expect(json(first?.['gen_ai.output.messages'])).toMatchObject([
      { role: 'assistant', parts: [{ type: 'tool_call', name: 'lookup_order' }] },
    ]);
    expect(json(last?.['gen_ai.input.messages'])).toMatchObject([
      { role: 'user' },
      { role: 'assistant', parts: [{ type: 'tool_call' }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', response: { order: 'A1' } }] },
    ]);
    expect(json(last?.['gen_ai.output.messages'])).toMatchObject([
      { parts: [{ type: 'text', content: 'done: lookup' }], finish_reason: 'stop' },
    ]);
    const schema = { type: 'object' };
    const definitions = json(first?.['gen_ai.tool.definitions']);
    expect(definitions).toHaveLength(5);
    expect(definitions).toEqual(
      expect.arrayContaining([
        {
          type: 'function',
          name: 'lookup_order',
          description: 'Looks an order up',
          parameters: schema,
        },
        { type: 'function', name: 'refund', parameters: schema },
      ]),
    );
    const [agent] = spansOf(otlp, 'invoke_agent');
    expect(json(agent?.attributes['gen_ai.input.messages'])).toHaveLength(1);
  });
});

test('content over the limit is cut, and the span says how much is missing', async () => {
  const { otlp, run } = await startFlight();
  await run(['long', 'lookup'], {
    env: { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' },
  });
  const left = (id: string): unknown =>
    otlp.spans.find(({ attributes }) => attributes['gen_ai.tool.call.id'] === id)?.attributes[
      'aftertrace.content.truncated'
    ];
  expect(left('call_long_0')).toBe(40_000 - 32_768);
  expect(left('call_lookup_0')).toBeUndefined();
});

test('a failure leaves at once, not after the batch delay', async () => {
  const { otlp, run } = await startFlight();
  const env = {
    // By the standard variables, with batches that would take an hour.
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '3600000',
    OTEL_BLRP_SCHEDULE_DELAY: '3600000',
  };
  await run([], {
    env,
    onLine: (line, app) => {
      if (!line.includes('"text"')) return app.send('refund');
      const isThere = (): boolean =>
        otlp.events.some(({ name }) => name === 'aftertrace.tool.outcome') &&
        otlp.spans.some(({ name }) => name === 'execute_tool refund');
      return void otlp.until(isThere).then(() => app.finish());
    },
  });
  expect(toolSpan(otlp, 'refund').attributes['aftertrace.tool.outcome']).toBe('failed');
});

test('a model that fails is an error of its span and of its run', async () => {
  const { otlp, run } = await startFlight();
  const { code } = await run(['lookup'], { env: { MODEL_URL: 'http://127.0.0.1:9/v1' } });
  expect(code).toBe(1);
  expect(spansOf(otlp, 'chat')).toMatchObject([{ status: 2 }]);
  expect(spansOf(otlp, 'invoke_agent')).toMatchObject([{ status: 2 }]);
  const ended = otlp.events.find(({ name }) => name === 'aftertrace.run.ended');
  expect(ended?.attributes['error.type']).toEqual(expect.stringMatching(/Error$/));
});

describe.each(STREAMING)('beside @ai-sdk/otel, %s', (_name, STREAM) => {
  test.each(['global', 'call'])(
    'no span is doubled and its spans are enriched (%s)',
    async (NATIVE) => {
      const { otlp, run } = await startFlight();
      const { stdout } = await run(['several'], { env: { STREAM, NATIVE } });
      expect(stdout).toContain('done: several');
      expect(new Set(otlp.spans.map(({ scope }) => scope))).toEqual(new Set(['gen_ai']));
      expect(spansOf(otlp, 'invoke_agent')).toHaveLength(1);
      expect(spansOf(otlp, 'chat')).toHaveLength(2);
      expect(spansOf(otlp, 'execute_tool')).toHaveLength(3);
      const runId = spansOf(otlp, 'invoke_agent')[0]?.attributes['aftertrace.run.id'];
      expect(runId).toEqual(expect.any(String));
      for (const { attributes } of otlp.spans) {
        expect(attributes).toMatchObject({
          'aftertrace.run.id': runId,
          'gen_ai.agent.name': 'support',
        });
      }
      expect(toolSpan(otlp, 'refund')).toMatchObject({
        status: 2,
        attributes: { 'aftertrace.tool.outcome': 'failed', 'error.type': 'tool_error' },
      });
      expect(toolSpan(otlp, 'lookup_order').attributes).toMatchObject({
        'aftertrace.tool.outcome': 'ok',
      });
      expect(otlp.events.map(({ name }) => name)).toEqual([
        'aftertrace.run.started',
        'aftertrace.tool.outcome',
        'aftertrace.tool.outcome',
        'aftertrace.run.ended',
      ]);
    },
  );

  test('calls that it tells nobody about have spans of ours', async () => {
    const { otlp, run } = await startFlight();
    await run(['invalid'], { env: { STREAM, NATIVE: 'global' } });
    const [agent] = spansOf(otlp, 'invoke_agent');
    for (const tool of ['refund', 'no_such_tool']) {
      expect(toolSpan(otlp, tool)).toMatchObject({
        traceId: agent?.traceId,
        parentSpanId: agent?.spanId,
        attributes: { 'aftertrace.tool.outcome': 'failed' },
      });
    }
  });

  test('with its telemetry switched off, the spans are ours', async () => {
    const { otlp, run } = await startFlight();
    await run(['lookup'], { env: { STREAM, NATIVE: 'off' } });
    expect(new Set(otlp.spans.map(({ scope }) => scope))).toEqual(
      new Set(['@aftertrace/instrumentation']),
    );
    expect(otlp.spans).toHaveLength(4);
  });
});
