import * as api from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterAll, expect, test } from 'vitest';

import { createMeasuredCall } from '../frameworks/ai-sdk/model-call.ts';
import { PAUSED, UNSEEN } from '../guard/judge.ts';
import { guardTool, withAgent } from '../index.ts';
import { beginModelCall, type ModelRequest } from '../model/model-call.ts';
import { runtime, type Runtime } from '../runtime.ts';
import { createGuardFixture, newScope } from '../testing/guard-fixture.ts';
import { endChatSpan, failChatSpan, startChatSpan } from './chat-span.ts';
import { measureToolCall } from './metrics.ts';
import { openAgent } from './open-agent.ts';
import { newCounts } from './scope.ts';

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter });
const provider = new MeterProvider({ readers: [reader] });
afterAll(() => provider.shutdown());

interface Measured {
  readonly name: string;
  readonly attributes: object;
  readonly value: {
    readonly count: number;
    readonly sum: number;
    readonly buckets: { readonly boundaries: number[] };
  };
}

async function measured(name: string): Promise<readonly Measured[]> {
  await reader.forceFlush();
  const metrics = exporter
    .getMetrics()
    .at(-1)
    ?.scopeMetrics.flatMap((scope) => scope.metrics);
  return (metrics ?? [])
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap(({ dataPoints }) =>
      dataPoints.map(({ attributes, value }) => ({
        name,
        attributes,
        value: value as Measured['value'],
      })),
    );
}

test('an SDK that starts after the first call is measured from then on, and one that throws harms nobody', async () => {
  const call = { tool: 'early', agent: 'support', startedAtMillis: 0, errorType: undefined };
  measureToolCall(call);
  api.metrics.setGlobalMeterProvider({
    getMeter: () => {
      throw new Error('of a meter');
    },
  });
  expect(() => measureToolCall(call)).not.toThrow();
  api.metrics.disable();
  api.metrics.setGlobalMeterProvider(provider);
  measureToolCall({ ...call, tool: 'late' });
  const tools = await measured('gen_ai.execute_tool.duration');
  expect(tools.map(({ attributes }) => attributes)).toEqual([
    {
      'gen_ai.tool.name': 'late',
      'gen_ai.tool.type': 'function',
      'gen_ai.agent.name': 'support',
    },
  ]);
});

test('tools and agents are measured in the buckets that are advised, failures apart', async () => {
  const refund = guardTool(
    async ({ ok }: { ok: boolean }) => {
      await Promise.resolve();
      if (!ok) throw new TypeError('no money');
      return 'done';
    },
    { name: 'refund' },
  );
  await withAgent({ name: 'till' }, async () => {
    await refund({ ok: true });
    await refund({ ok: false }).catch(() => undefined);
  });
  const tools = (await measured('gen_ai.execute_tool.duration')).filter(
    ({ attributes }) => (attributes as Record<string, unknown>)['gen_ai.tool.name'] === 'refund',
  );
  expect(tools).toMatchObject([
    { attributes: { 'gen_ai.agent.name': 'till' }, value: { count: 1 } },
    { attributes: { 'error.type': 'TypeError' }, value: { count: 1 } },
  ]);
  expect(tools[0]?.value.buckets.boundaries).toEqual([
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
  ]);
  const agents = await measured('gen_ai.invoke_agent.duration');
  expect(agents).toMatchObject([{ attributes: { 'gen_ai.agent.name': 'till' } }]);
  expect(agents[0]?.value.buckets.boundaries.at(0)).toBe(0.1);
  expect(agents[0]?.value.buckets.boundaries.at(-1)).toBe(409.6);
});

test('model calls are measured with their tokens', async () => {
  const request = { provider: 'openai', model: 'gpt-5', attributes: {} };
  endChatSpan(startChatSpan(request, api.ROOT_CONTEXT), {
    model: 'gpt-5-2026',
    id: 'r1',
    finishReason: 'stop',
    inputTokens: 812,
    outputTokens: 7,
    cacheReadTokens: undefined,
    reasoningTokens: undefined,
    url: 'https://api.openai.com/v1',
  });
  failChatSpan(startChatSpan(request, api.ROOT_CONTEXT), new RangeError('too long'));
  expect(await measured('gen_ai.client.operation.duration')).toMatchObject([
    {
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-5',
        'gen_ai.response.model': 'gpt-5-2026',
        'server.address': 'api.openai.com',
        'server.port': 443,
      },
    },
    { attributes: { 'error.type': 'RangeError' } },
  ]);
  expect(await measured('gen_ai.client.token.usage')).toMatchObject([
    { attributes: { 'gen_ai.token.type': 'input' }, value: { count: 1, sum: 812 } },
    { attributes: { 'gen_ai.token.type': 'output' }, value: { count: 1, sum: 7 } },
  ]);
});

const nameIn = ({ attributes }: Measured, name: string): unknown =>
  (attributes as Record<string, unknown>)[name];

const answer = {
  model: 'gpt-5-2026',
  id: 'r1',
  finishReason: 'stop',
  inputTokens: 3,
  outputTokens: 2,
  cacheReadTokens: undefined,
  reasoningTokens: undefined,
  url: undefined,
};
const request = { provider: 'anthropic', model: 'opus', signal: undefined, results: [] };

test('what an invocation did is counted, and what its sub-agent did on that one', async () => {
  const look = guardTool(() => Promise.resolve('found'), { name: 'look' });
  await withAgent({ name: 'chief' }, async () => {
    await look({});
    beginAndEnd(runtime(), request);
    await withAgent({ name: 'helper' }, async () => {
      await look({});
      await look({});
      beginAndEnd(runtime(), request);
    });
    // Of the same agent: part of the invocation that is there.
    const part = openAgent(runtime(), { agent: { name: 'chief' } });
    part.run(() => beginAndEnd(runtime(), request));
    part.end({ failed: false });
  });
  const sums = async (name: string): Promise<unknown> =>
    (await measured(name)).flatMap((point) => {
      const agent = nameIn(point, 'gen_ai.agent.name');
      return agent === 'chief' || agent === 'helper' ? [[agent, point.value]] : [];
    });
  expect(await sums('gen_ai.invoke_agent.inference_calls')).toMatchObject([
    ['helper', { count: 1, sum: 1 }],
    ['chief', { count: 1, sum: 2, buckets: { boundaries: [1, 2, 4, 8, 16, 32, 64, 128] } }],
  ]);
  expect(await sums('gen_ai.invoke_agent.tool_calls')).toMatchObject([
    ['helper', { count: 1, sum: 2 }],
    ['chief', { count: 1, sum: 1 }],
  ]);
  expect(await sums('gen_ai.invoke_agent.duration')).toHaveLength(2);
});

function beginAndEnd(shared: Runtime, about: ModelRequest): void {
  const call = beginModelCall(shared, about);
  void call.prepare();
  call.end(answer);
}

test.each([
  ['waits for a person', PAUSED],
  ['has a result that nobody saw', UNSEEN],
])('a tool that %s has taken no time that could be told', async (_what, value) => {
  const { guard, scopes, call } = createGuardFixture();
  const counts = newCounts();
  const scope = { ...newScope(), counts };
  const tool = 'waits';
  await scopes.run(scope, () => guard.call(call({ scope, tool }), { execute: () => value }));
  const points = await measured('gen_ai.execute_tool.duration');
  expect(points.filter((point) => nameIn(point, 'gen_ai.tool.name') === tool)).toEqual([]);
  expect(counts.toolCalls).toBe(0);
  await scopes.run(scope, () => guard.call(call({ scope, tool: 'went' }), { execute: () => 1 }));
  expect(counts.toolCalls).toBe(1);
});

test('an agent and a model call whose spans are their framework’s own are measured too, once', async () => {
  const shared = runtime();
  const open = openAgent(shared, { agent: { name: 'native' }, nativeSpan: true, model: 'opus' });
  const native = { ...request, model: 'native-model', nativeSpan: true };
  open.run(() => {
    beginAndEnd(shared, native);
    const failing = beginModelCall(shared, native);
    void failing.prepare();
    failing.fail(new RangeError('too long'));
    // Told further out, by a framework around the SDK.
    const inner = { ...open.scope, modelCall: true } as const;
    shared.scopes.run(inner, () => beginAndEnd(shared, native));
  });
  open.end({ failed: true, error: new TypeError('gone') });
  open.end({ failed: false });
  expect(open.scope.run).toMatchObject({ steps: 2, inputTokens: 3, outputTokens: 2 });
  const calls = await measured('gen_ai.client.operation.duration');
  expect(
    calls.filter((point) => nameIn(point, 'gen_ai.request.model') === 'native-model'),
  ).toMatchObject([
    { attributes: { 'gen_ai.response.model': 'gpt-5-2026' }, value: { count: 1 } },
    { attributes: { 'error.type': 'RangeError' }, value: { count: 1 } },
  ]);
  const agents = await measured('gen_ai.invoke_agent.duration');
  expect(agents.filter((point) => nameIn(point, 'gen_ai.agent.name') === 'native')).toMatchObject([
    {
      attributes: { 'gen_ai.request.model': 'opus', 'error.type': 'TypeError' },
      value: { count: 1 },
    },
  ]);
});

test('a call of the AI SDK that has the application’s own span is measured by its tokens', async () => {
  const event = { provider: 'openai.chat', modelId: 'told-elsewhere' };
  const call = createMeasuredCall(runtime(), { event });
  expect(call.context).toBeUndefined();
  const ended = {
    modelId: 'told',
    finishReason: 'stop',
    usage: { inputTokens: 5, outputTokens: 1 },
  };
  call.end(ended);
  call.end(ended);
  call.fail(new Error('late'));
  const calls = await measured('gen_ai.client.operation.duration');
  expect(
    calls.filter((point) => nameIn(point, 'gen_ai.request.model') === 'told-elsewhere'),
  ).toMatchObject([{ attributes: { 'gen_ai.provider.name': 'openai' }, value: { count: 1 } }]);
});
