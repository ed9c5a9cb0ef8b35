import * as api from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterAll, expect, test } from 'vitest';

import { guardTool, withAgent } from '../index.ts';
import { endChatSpan, failChatSpan, startChatSpan } from './chat-span.ts';
import { measureToolCall } from './metrics.ts';

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter });
const provider = new MeterProvider({ readers: [reader] });
afterAll(() => provider.shutdown());

interface Measured {
  readonly name: string;
  readonly attributes: object;
  readonly value: { readonly count: number; readonly buckets: { readonly boundaries: number[] } };
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
