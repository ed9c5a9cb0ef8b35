import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { parse } from 'yaml';

import { startCollector } from '../../../test/stack/harness/start-collector.ts';
import { startCompanion, type Companion } from '../../../test/stack/harness/start-companion.ts';
import { startJaeger, type Jaeger } from '../../../test/stack/harness/start-jaeger.ts';
import { startPrometheus, type Prometheus } from '../../../test/stack/harness/start-prometheus.ts';
import type { Program } from '../../../test/stack/programs/program.ts';
import type { StackPorts } from './stack-ports.ts';

const root = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url));

export interface StackStart {
  readonly programs: Readonly<Record<'collector' | 'jaeger' | 'prometheus', Program>>;
  /** Everything is written below it. */
  readonly dir: string;
  readonly ports: StackPorts;
}

/** All of compose.yaml but Grafana and the agents, as processes of this machine. */
export interface Stack {
  readonly companion: Companion;
  readonly jaeger: Jaeger;
  readonly prometheus: Prometheus;
  /** Where agents send OTLP. */
  readonly otlp: string;
  /** Ends what is up, the last first. */
  readonly stop: () => Promise<void>;
}

export async function startStack({ programs, dir, ports }: StackStart): Promise<Stack> {
  const ends: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed()) await end();
  };
  try {
    const companion = await startCompanion({
      dir: path.join(dir, 'companion'),
      ports: { otlp: ports.companionOtlp, console: ports.companionConsole },
    });
    ends.push(companion.stop);
    const jaeger = await startJaeger({
      program: programs.jaeger.program,
      dir: path.join(dir, 'jaeger'),
      ports: { http: ports.jaegerOtlp, ui: ports.jaegerPages },
    });
    ends.push(jaeger.stop);
    const collector = await startCollector({
      program: programs.collector.program,
      dir: path.join(dir, 'collector'),
      configs: [root('collector-config/production.yaml')],
      env: collectorEnvironment(ports, path.join(dir, 'collector', 'queue')),
      ports: [ports.otlpHttp, ports.spanMetrics],
    });
    ends.push(collector.stop);
    const prometheus = await startPrometheus({
      program: programs.prometheus.program,
      dir: path.join(dir, 'prometheus'),
      config: await prometheusConfig(path.join(dir, 'prometheus'), { ports, companion }),
      port: ports.prometheus,
    });
    ends.push(prometheus.stop);
    return { companion, jaeger, prometheus, otlp: `http://127.0.0.1:${ports.otlpHttp}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function collectorEnvironment(ports: StackPorts, queue: string): Record<string, string> {
  const at = (port: number): string => `127.0.0.1:${port}`;
  return {
    OTLP_HTTP_ADDRESS: at(ports.otlpHttp),
    OTLP_GRPC_ADDRESS: at(ports.otlpGrpc),
    COMPANION_OTLP_URL: `http://${at(ports.companionOtlp)}`,
    TRACES_OTLP_URL: `http://${at(ports.jaegerOtlp)}`,
    PROMETHEUS_SCRAPE_ADDRESS: at(ports.spanMetrics),
    HEALTH_ADDRESS: at(ports.collectorHealth),
    METRICS_HOST: '127.0.0.1',
    METRICS_PORT: String(ports.collectorMetrics),
    STORAGE_DIR: queue,
  };
}

/** prometheus.yaml of compose, with the addresses of this machine; rules and token stand where it looks for them. */
async function prometheusConfig(
  dir: string,
  { ports, companion }: { readonly ports: StackPorts; readonly companion: Companion },
): Promise<object> {
  const rules = path.join(dir, 'rules');
  await mkdir(rules, { recursive: true });
  await writeFile(path.join(dir, 'token'), companion.token, { mode: 0o600 });
  const given = root('collector-config/prometheus');
  const files = await readdir(given).catch(() => []);
  for (const file of files.filter((name) => name.endsWith('.yaml'))) {
    await copyFile(path.join(given, file), path.join(rules, file));
  }
  const text = await readFile(root('examples/stack/prometheus.yaml'), 'utf8');
  const here = text
    .replaceAll('collector:8889', `127.0.0.1:${ports.spanMetrics}`)
    .replaceAll('collector:8888', `127.0.0.1:${ports.collectorMetrics}`)
    .replaceAll('companion:4320', `127.0.0.1:${ports.companionConsole}`);
  return parse(here) as object;
}
