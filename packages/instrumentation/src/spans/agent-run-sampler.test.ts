import * as api from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';

import { createAgentRunSampler } from './agent-run-sampler.ts';

const exporter = new InMemorySpanExporter();

function tracerWith(sampler: Sampler): api.Tracer {
  exporter.reset();
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  return new TracerProvider({ sampler, spanProcessors }).getTracer('test');
}

/** A request whose trace was sampled out, or in. */
function request(traceFlags: api.TraceFlags): api.Context {
  const spanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags };
  return api.trace.setSpanContext(api.ROOT_CONTEXT, spanContext);
}

const RUN = { 'aftertrace.run.id': 'run-1' };

test('a run is kept with all below it, whatever its parent said, and nothing else of the trace', () => {
  const tracer = tracerWith(createAgentRunSampler());
  const context = request(api.TraceFlags.NONE);
  const outer = tracer.startSpan('GET /', {}, context);
  const run = tracer.startSpan('invoke_agent', { attributes: RUN }, context);
  const inner = tracer.startSpan('POST model', {}, api.trace.setSpan(context, run));
  const native = { attributes: { 'gen_ai.operation.name': 'invoke_agent' } };
  const theirs = tracer.startSpan('ai.agent', native, context);
  for (const span of [outer, run, inner, theirs]) span.end();
  const kept = exporter.getFinishedSpans().map(({ name }) => name);
  expect(kept).toEqual(['invoke_agent', 'POST model', 'ai.agent']);
});

test('what is no agent’s is as its parent, and kept where there is none', () => {
  const tracer = tracerWith(createAgentRunSampler());
  tracer.startSpan('in', {}, request(api.TraceFlags.SAMPLED)).end();
  tracer.startSpan('out', {}, request(api.TraceFlags.NONE)).end();
  tracer.startSpan('root', {}, api.ROOT_CONTEXT).end();
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['in', 'root']);
});

test('another sampler is asked for what is no agent’s', () => {
  const none = { shouldSample: () => ({ decision: 0 }), toString: () => 'none' };
  const sampler = createAgentRunSampler({ otherwise: none });
  const tracer = tracerWith(sampler);
  tracer.startSpan('root', {}, api.ROOT_CONTEXT).end();
  tracer.startSpan('run', { attributes: RUN }, api.ROOT_CONTEXT).end();
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['run']);
  expect(String(sampler)).toBe('AgentRunSampler{otherwise=none}');
});
