import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { start, until } from '@aftertrace-examples/first-flight/processes';
import { STORY } from '@aftertrace-examples/first-flight/story';

import { freePort } from '../harness/free-port.ts';
import { startAgents } from '../harness/start-agents.ts';
import { startCollector } from '../harness/start-collector.ts';
import { startCompanion, type Companion } from '../harness/start-companion.ts';
import { startJaeger, type Jaeger } from '../harness/start-jaeger.ts';
import { startPrometheus, type Prometheus } from '../harness/start-prometheus.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const POLICY = path.join(ROOT, 'examples/first-flight/policy/first.yaml');
const PRODUCTION = path.join(ROOT, 'collector-config/production.yaml');
const RULES = ['recording.yaml', 'alerts.yaml'].map((name) =>
  path.join(ROOT, 'collector-config/prometheus', name),
);

export interface QueriedPipeline {
  readonly companion: Companion;
  readonly jaeger: Jaeger;
  readonly prometheus: Prometheus;
  readonly stop: () => Promise<void>;
}

interface PipelineStart {
  readonly dir: string;
  readonly programs: Readonly<Record<'collector' | 'jaeger' | 'prometheus', { program: string }>>;
}

/**
 * The production configuration with everything that dashboards and rules ask about: guarded agents that fail, are
 * refused, wait for a person and are overridden, an agent without a guard, a Collector that loses what is for somebody.
 */
export async function startPipeline({ dir, programs }: PipelineStart): Promise<QueriedPipeline> {
  const ends: (() => Promise<void>)[] = [];
  const companion = await startCompanion({ dir: path.join(dir, 'companion') });
  ends.push(companion.stop);
  const jaeger = await startJaeger({ program: programs.jaeger.program, dir });
  ends.push(jaeger.stop);
  const ports = {
    otlp: await freePort(),
    grpc: await freePort(),
    health: await freePort(),
    agents: await freePort(),
    own: await freePort(),
  };
  const collector = await startCollector({
    program: programs.collector.program,
    dir,
    configs: [PRODUCTION, await changes(await freePort())],
    ports: [ports.otlp, ports.agents, ports.own],
    env: {
      STORAGE_DIR: path.join(dir, 'storage'),
      HEALTH_ADDRESS: `127.0.0.1:${ports.health}`,
      OTLP_HTTP_ADDRESS: `127.0.0.1:${ports.otlp}`,
      OTLP_GRPC_ADDRESS: `127.0.0.1:${ports.grpc}`,
      COMPANION_OTLP_URL: companion.otlp,
      TRACES_OTLP_URL: jaeger.otlpHttp,
      PROMETHEUS_SCRAPE_ADDRESS: `127.0.0.1:${ports.agents}`,
      METRICS_PORT: String(ports.own),
    },
  });
  ends.push(collector.stop);
  const prometheus = await startPrometheus({
    program: programs.prometheus.program,
    dir,
    config: prometheusConfig(companion, ports),
    args: ['--enable-feature=exemplar-storage'],
  });
  ends.push(prometheus.stop);
  ends.push(await live({ dir, otlp: `http://127.0.0.1:${ports.otlp}`, companion }));
  return {
    companion,
    jaeger,
    prometheus,
    stop: async () => {
      for (const end of ends.toReversed()) await end();
    },
  };
}

/** Metrics at once, and an exporter whose receiver is not there: Collectors tell of losses only once they have some. */
async function changes(deadPort: number): Promise<object> {
  const production = await readFile(PRODUCTION, 'utf8');
  for (const name of ['otlp_http/companion', 'span_metrics/agents', 'forward/viewers'])
    if (!production.includes(name)) throw new Error(`production.yaml has no ${name}`);
  return {
    connectors: { 'span_metrics/agents': { metrics_flush_interval: '1s' } },
    exporters: {
      'otlp_http/nobody': {
        endpoint: `http://127.0.0.1:${deadPort}`,
        retry_on_failure: { enabled: false },
      },
    },
    service: {
      pipelines: {
        traces: {
          exporters: [
            'otlp_http/companion',
            'span_metrics/agents',
            'forward/viewers',
            'otlp_http/nobody',
          ],
        },
        logs: { exporters: ['otlp_http/companion', 'otlp_http/nobody'] },
      },
    },
  };
}

function prometheusConfig(
  companion: Companion,
  ports: { readonly agents: number; readonly own: number },
): object {
  const local = (port: number): object[] => [{ targets: [`127.0.0.1:${port}`] }];
  return {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: RULES,
    scrape_configs: [
      {
        job_name: 'aftertrace',
        authorization: { credentials: companion.token },
        static_configs: [{ targets: [new URL(companion.console).host] }],
      },
      { job_name: 'agents', static_configs: local(ports.agents) },
      { job_name: 'collector', static_configs: local(ports.own) },
    ],
  };
}

interface Life {
  readonly dir: string;
  readonly otlp: string;
  readonly companion: Companion;
}

/** Agents at work until they are stopped: rates need counters that grow. */
async function live({ dir, otlp, companion }: Life): Promise<() => Promise<void>> {
  const who = ['--actor', 'on-call@example.com', '--reason', 'from its first day'];
  const published = await companion.aftertrace('policy', 'publish', POLICY, ...who);
  if (published.code !== 0) throw new Error(published.stderr);
  const env = { ...companion.env, OTEL_BSP_SCHEDULE_DELAY: '200', OTEL_BLRP_SCHEDULE_DELAY: '200' };
  const logDir = path.join(dir, 'logs');
  await mkdir(logDir, { recursive: true });
  const overriding = start({
    name: 'orders',
    args: [
      '--import',
      fileURLToPath(import.meta.resolve('@aftertrace/node')),
      fileURLToPath(new URL('overriding-agent.ts', import.meta.url)),
    ],
    env: {
      ...env,
      OTEL_SERVICE_NAME: 'orders',
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp,
      NODE_NO_WARNINGS: '1',
    },
    logDir,
  });
  const agents = await startAgents({ dir, otlp, env });
  const stopping = new AbortController();
  const rounds = (async () => {
    while (!stopping.signal.aborted) {
      await Promise.all([agents.play(STORY), answerOne(companion), sendUnguarded(otlp)]);
    }
  })();
  return async () => {
    stopping.abort();
    await rounds;
    await agents.stop();
    overriding.child.stdin?.end();
    await overriding.stop();
  };
}

/** A person rejects the large refund of the story. */
async function answerOne(companion: Companion): Promise<void> {
  const id = await until('a call that waits for a person', async () => {
    const { stdout, code } = await companion.aftertrace('approvals', '--json');
    const rows = code === 0 ? (JSON.parse(stdout) as { request: { id: string } }[]) : [];
    return rows[0]?.request.id;
  });
  await companion.aftertrace(
    'reject',
    id,
    '--actor',
    'on-call@example.com',
    '--reason',
    'no proof of purchase',
  );
}

/** An agent in another language, without a guard: one tool call whose result says that it failed. */
async function sendUnguarded(otlp: string): Promise<void> {
  const hex = (length: number): string =>
    Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join('');
  const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
  const [traceId, root] = [hex(32), hex(16)];
  const nanos = (after: number): string => (BigInt(Date.now() + after) * 1_000_000n).toString();
  const span = (own: object, operation: string, attributes: readonly object[]): object => ({
    traceId,
    startTimeUnixNano: nanos(-20),
    endTimeUnixNano: nanos(0),
    name: operation,
    attributes: [
      text('gen_ai.agent.name', 'py-agent'),
      text('gen_ai.operation.name', operation),
      ...attributes,
    ],
    ...own,
  });
  const spans = [
    span({ spanId: hex(16), parentSpanId: root }, 'execute_tool', [
      text('gen_ai.tool.name', 'charge'),
      text('gen_ai.tool.call.result', '{"success":false,"error":"card declined"}'),
    ]),
    span({ spanId: root }, 'invoke_agent', []),
  ];
  const response = await fetch(`${otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: [text('service.name', 'py')] },
          scopeSpans: [{ scope: { name: 'other' }, spans }],
        },
      ],
    }),
  });
  if (!response.ok) throw new Error(`the Collector answered ${response.status}`);
}
