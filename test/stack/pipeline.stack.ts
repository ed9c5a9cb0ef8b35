import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { readLines } from '@aftertrace-examples/first-flight/facts';
import { until } from '@aftertrace-examples/first-flight/processes';
import { STORY } from '@aftertrace-examples/first-flight/story';
import { Trajectory } from '@aftertrace/schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { freePort } from './harness/free-port.ts';
import type { JaegerSpan } from './harness/jaeger-query.ts';
import { startAgents } from './harness/start-agents.ts';
import { startCollector } from './harness/start-collector.ts';
import { startCompanion, type Companion } from './harness/start-companion.ts';
import { startJaeger, type Jaeger } from './harness/start-jaeger.ts';
import { describeWith } from './programs/describe-with.ts';
import type { Program } from './programs/program.ts';

const POLICY = fileURLToPath(
  new URL('../../examples/first-flight/policy/first.yaml', import.meta.url),
);
/** A refusal, a failure that only the result tells, one that is thrown, and one that goes well. */
const TOLD = STORY.filter(({ message }) =>
  /Delete all|refund 20 for order 1100|Where is order (?:9001|1000)/.test(message),
);

describeWith(
  ['collector', 'jaeger'],
  'demo agents → Collector → Jaeger and companion',
  (programs) => {
    flight(programs.collector, programs.jaeger);
  },
);

describeWith(
  ['previous-collector', 'jaeger'],
  'the same through the previous release of the Collector',
  (programs) => flight(programs['previous-collector'], programs.jaeger),
);

function flight(collectorProgram: Program, jaegerProgram: Program): void {
  let dir: string;
  const ends: (() => Promise<void>)[] = [];
  let companion: Companion;
  let jaeger: Jaeger;
  let spans: readonly JaegerSpan[];

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-stack-'));
    companion = await startCompanion({ dir: path.join(dir, 'companion') });
    ends.push(companion.stop);
    jaeger = await startJaeger({ program: jaegerProgram.program, dir });
    ends.push(jaeger.stop);
    const port = await freePort();
    const collector = await startCollector({
      program: collectorProgram.program,
      dir,
      configs: [collectorConfig(port, { companion: companion.otlp, jaeger: jaeger.otlpHttp })],
      ports: [port],
    });
    ends.push(collector.stop);
    const who = ['--actor', 'on-call@example.com', '--reason', 'from its first day'];
    const published = await companion.aftertrace('policy', 'publish', POLICY, ...who);
    expect(published).toMatchObject({ code: 0 });
    const agents = await startAgents({ dir, otlp: `http://127.0.0.1:${port}`, env: companion.env });
    await agents.play(TOLD);
    await agents.stop();
    spans = await until('all runs in Jaeger', async () => {
      const found = await jaeger.query.spans({ service: 'support' });
      return agentSpans(found).length >= TOLD.length ? found : undefined;
    });
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
    await rm(dir, { recursive: true, force: true });
  });

  test('each run is one trace in Jaeger, and one line of the companion, with the same ids', async () => {
    expect(agentSpans(spans)).toHaveLength(TOLD.length);
    const lines = await until('all lines', async () => {
      const { success, failure, unresolved } = await readLines(companion.dataDir);
      const all = [...success, ...failure, ...unresolved];
      return all.length >= TOLD.length ? all : undefined;
    });
    const traceIds = lines.flatMap((line) => Trajectory.parse(line).extra.aftertrace.traceIds);
    expect(traceIds.toSorted()).toEqual(
      agentSpans(spans)
        .map(({ traceId }) => traceId)
        .toSorted(),
    );
  });

  test('the failing tool and its class are in the attributes that its GenAI view reads', () => {
    const refund = toolSpan(spans, 'refund');
    expect(refund.name).toBe('execute_tool refund');
    expect(refund.statusCode).toMatch(/ERROR|2/);
    expect(Object.fromEntries(refund.attributes)).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'refund',
      'gen_ai.tool.call.id': expect.stringMatching(/^call_T-\d+_2$/) as unknown,
      'gen_ai.tool.call.arguments': expect.stringContaining('1100') as unknown,
      'gen_ai.tool.call.result': expect.stringContaining('"success":false') as unknown,
      'gen_ai.agent.name': 'support-agent',
      'error.type': expect.any(String) as unknown,
      'aftertrace.tool.outcome': 'failed',
      'aftertrace.tool.failure.class': expect.any(String) as unknown,
      'aftertrace.tool.failure.rule': 'json.success_false',
    });
  });

  test('the decision is on the call that it was about', () => {
    expect(Object.fromEntries(toolSpan(spans, 'run_sql').attributes)).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'run_sql',
      'gen_ai.tool.call.id': expect.any(String) as unknown,
      'aftertrace.tool.outcome': 'denied',
      'aftertrace.decision.verdict': 'block',
      'aftertrace.decision.action': 'block',
      'aftertrace.decision.source': 'policy',
      'aftertrace.decision.rule': expect.any(String) as unknown,
    });
  });

  describe('what the GenAI view shows', () => {
    test('agents and models are known by name', () => {
      for (const { attributes } of agentSpans(spans)) {
        expect(attributes.get('gen_ai.agent.name')).toBe('support-agent');
      }
      const chats = spans.filter(
        ({ attributes }) => attributes.get('gen_ai.operation.name') === 'chat',
      );
      expect(chats.length).toBeGreaterThan(TOLD.length);
      for (const { attributes } of chats) {
        expect(Object.fromEntries(attributes)).toMatchObject({
          'gen_ai.provider.name': expect.any(String) as unknown,
          'gen_ai.request.model': 'gpt-5-mini',
          'gen_ai.response.model': expect.any(String) as unknown,
          'gen_ai.usage.input_tokens': expect.any(Number) as unknown,
          'gen_ai.usage.output_tokens': expect.any(Number) as unknown,
          'gen_ai.input.messages': expect.stringMatching(/^\[/) as unknown,
          'gen_ai.output.messages': expect.stringMatching(/^\[/) as unknown,
        });
      }
    });
  });

  test('the run of the silent failure is in the failure file', async () => {
    const { traceId } = toolSpan(spans, 'refund');
    const { failure } = await readLines(companion.dataDir);
    const line = failure
      .map((one) => Trajectory.parse(one))
      .find((one) => one.extra.aftertrace.traceIds.includes(traceId));
    expect(line?.extra.aftertrace.outcome).toMatchObject({ outcome: 'failure' });
    expect(JSON.stringify(line)).toContain('json.success_false');
  });
}

const agentSpans = (spans: readonly JaegerSpan[]): readonly JaegerSpan[] =>
  spans.filter(({ attributes }) => attributes.get('gen_ai.operation.name') === 'invoke_agent');

function toolSpan(spans: readonly JaegerSpan[], tool: string): JaegerSpan {
  const [span, ...more] = spans.filter(
    ({ attributes }) => attributes.get('gen_ai.tool.name') === tool,
  );
  expect(more).toEqual([]);
  if (span === undefined) throw new Error(`Jaeger has no call of ${tool}`);
  return span;
}

function collectorConfig(
  port: number,
  to: { readonly companion: string; readonly jaeger: string },
): object {
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: {
      'otlp_http/companion': { endpoint: to.companion, compression: 'none' },
      'otlp_http/jaeger': { endpoint: to.jaeger },
    },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        traces: { receivers: ['otlp'], exporters: ['otlp_http/companion', 'otlp_http/jaeger'] },
        logs: { receivers: ['otlp'], exporters: ['otlp_http/companion'] },
      },
    },
  };
}
