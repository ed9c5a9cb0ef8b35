import { mkdir, readFile, writeFile } from 'node:fs/promises';
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
import { sendInvented, sendUnguarded } from './foreign-agents.ts';
import { sendInVain, startLosingCollector, type LosingCollector } from './losing-collector.ts';

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
 * refused, wait for a person and are overridden, a rule on trial, agents without a guard, one of which invents tools, and
 * a Collector that loses what is for the companion.
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
    configs: [PRODUCTION, await changes()],
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
  const losing = await startLosingCollector(programs.collector.program, dir);
  ends.push(losing.stop);
  const prometheus = await startPrometheus({
    program: programs.prometheus.program,
    dir,
    config: prometheusConfig(companion, { agents: ports.agents, own: [ports.own, losing.own] }),
    args: ['--enable-feature=exemplar-storage'],
  });
  ends.push(prometheus.stop);
  ends.push(await live({ dir, otlp: `http://127.0.0.1:${ports.otlp}`, companion, losing }));
  return {
    companion,
    jaeger,
    prometheus,
    stop: async () => {
      const errors: unknown[] = [];
      for (const end of ends.toReversed())
        await end().catch((error: unknown) => errors.push(error));
      if (errors.length > 0) throw new AggregateError(errors, 'not all of it ended well');
    },
  };
}

/** Metrics at once, of fewer tools than the committed file has: so many that each has all its series take long to scrape. */
async function changes(): Promise<object> {
  const production = await readFile(PRODUCTION, 'utf8');
  if (!production.includes('aggregation_cardinality_limit: 2000'))
    throw new Error('production.yaml has no limit of series');
  const connector = { metrics_flush_interval: '1s', aggregation_cardinality_limit: 200 };
  return { connectors: { 'span_metrics/agents': connector } };
}

/** More than the companion keeps apart. */
const TOOLS = 2100;

function prometheusConfig(
  companion: Companion,
  ports: { readonly agents: number; readonly own: readonly number[] },
): object {
  const local = (...all: readonly number[]): object[] => [
    { targets: all.map((port) => `127.0.0.1:${port}`) },
  ];
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
      { job_name: 'collector', static_configs: local(...ports.own) },
    ],
  };
}

interface Life {
  readonly dir: string;
  readonly otlp: string;
  readonly companion: Companion;
  readonly losing: LosingCollector;
}

/** A rule on trial: it says what it would do, and the call goes on. */
const WATCHED = `
  - id: cancellations-are-watched
    description: Would nobody cancel an order through an agent?
    match: { tool: cancel_order }
    verdict: block
    with: { message: Orders are not cancelled by agents. }
    mode: shadow
`;

/** Agents at work until they are stopped: rates need counters that grow. */
async function live({ dir, otlp, companion, losing }: Life): Promise<() => Promise<void>> {
  const who = ['--actor', 'on-call@example.com', '--reason', 'from its first day'];
  const policy = path.join(dir, 'policy.yaml');
  await writeFile(policy, `${await readFile(POLICY, 'utf8')}${WATCHED}`);
  const published = await companion.aftertrace('policy', 'publish', policy, ...who);
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
  const round = (): Promise<unknown> =>
    Promise.all([
      agents.play(STORY),
      answerOne(companion),
      sendUnguarded(otlp),
      sendInVain(losing),
    ]);
  const rounds = (async () => {
    await round();
    // Then the others have their series, which no invented tool takes from them.
    await sendInvented(otlp, TOOLS);
    while (!stopping.signal.aborted) {
      await round();
    }
  })();
  // Why they ended early is told at the end; what runs is stopped all the same.
  const ended = rounds.then(
    () => undefined,
    (error: unknown) => error,
  );
  return async () => {
    stopping.abort();
    const error = await ended;
    await agents.stop();
    overriding.child.stdin?.end();
    await overriding.stop();
    if (error !== undefined) throw error;
  };
}

/** A person rejects the large refund of the story. */
async function answerOne(companion: Companion): Promise<void> {
  const id = await until(
    'a call that waits for a person',
    async () => {
      const { stdout, code } = await companion.aftertrace('approvals', '--json');
      const rows = code === 0 ? (JSON.parse(stdout) as { request: { id: string } }[]) : [];
      return rows[0]?.request.id;
    },
    60_000,
  );
  await companion.aftertrace(
    'reject',
    id,
    '--actor',
    'on-call@example.com',
    '--reason',
    'no proof of purchase',
  );
}
