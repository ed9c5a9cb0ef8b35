import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import * as api from '@opentelemetry/api';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import type { NodeSDKConfiguration as NodeSDKConfiguration2 } from '@opentelemetry/sdk-node-2';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { describe, expect, test } from 'vitest';

import { AftertraceInstrumentation, withAgent } from './index.ts';

const APP = fileURLToPath(new URL('testing/apps/beside-sdk.ts', import.meta.url));

describe.each(['2', '3'])('with an SDK of line %s', (line) => {
  test.each(['sdk-first', 'sdk-last', 'class'])(
    'spans, events and metrics arrive: %s',
    async (order) => {
      const args = ['--conditions=@aftertrace/source', '--no-warnings', APP, line, order];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
        env: { PATH: process.env['PATH'], XDG_STATE_HOME: process.env['XDG_STATE_HOME'] },
      });
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual({
        attached: ['ai attached'],
        spans: ['execute_tool refund', 'invoke_agent support'],
        events: ['aftertrace.run.started', 'aftertrace.run.ended'],
        metrics: [
          'gen_ai.execute_tool.duration',
          'gen_ai.invoke_agent.duration',
          'gen_ai.invoke_agent.inference_calls',
          'gen_ai.invoke_agent.tool_calls',
        ],
      });
    },
  );
});

describe('AftertraceInstrumentation', () => {
  test('has the shape that both lines of the SDK ask for', () => {
    const made = new AftertraceInstrumentation({ enabled: false });
    const line3: NodeSDKConfiguration['instrumentations'] = [made];
    const line2: NodeSDKConfiguration2['instrumentations'] = [made];
    expect([line3, line2]).toEqual([[made], [made]]);
    expect(made.getConfig()).toEqual({ enabled: false });
  });

  test('sends to a provider that is registered nowhere, once it is handed over', async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
    });
    const made = new AftertraceInstrumentation({ enabled: false });
    made.setTracerProvider(provider);
    await withAgent({ name: 'support' }, async () => Promise.resolve());
    made.setTracerProvider(api.trace.getTracerProvider());
    await withAgent({ name: 'unseen' }, async () => Promise.resolve());
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['invoke_agent support']);
  });
});
