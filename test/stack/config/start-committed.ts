import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort } from '../harness/free-port.ts';
import { startCollector } from '../harness/start-collector.ts';
import type { RunningProgram } from '../harness/start-program.ts';

/** A file of `collector-config/`. */
export function committedConfig(file: string): string {
  return fileURLToPath(new URL(`../../../collector-config/${file}`, import.meta.url));
}

export interface CommittedStart {
  readonly program: string;
  readonly dir: string;
  /** A file of `collector-config/`, or the path of another. */
  readonly file: string;
  readonly companion: string;
  /** Further files of `collector-config/`, over that one. */
  readonly over?: readonly string[];
  /** Where traces go for viewing. Default: nowhere that answers. */
  readonly traces?: string;
  /** Where logs of what the companion judged go. Default: nowhere that answers. */
  readonly logs?: string;
  /** Over the environment that is made up here. */
  readonly env?: Readonly<Record<string, string>>;
  /** As whom it runs. Default: as whoever starts it. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Name of its log. Default `collector`. */
  readonly name?: string;
}

/** A Collector with a configuration as it is committed: only addresses are set, by the variables that it names. */
export interface CommittedCollector extends RunningProgram {
  readonly otlp: string;
  /** Where Prometheus scrapes the metrics of agents. */
  readonly metrics: string;
  /** Where it tells of itself. */
  readonly own: string;
  readonly env: Readonly<Record<string, string>>;
}

export async function startCommitted(start: CommittedStart): Promise<CommittedCollector> {
  const { program, dir, file, companion, name = 'collector' } = start;
  const address = async (): Promise<string> => `127.0.0.1:${await freePort()}`;
  const whole = await freePort();
  const env = {
    OTLP_HTTP_ADDRESS: await address(),
    OTLP_GRPC_ADDRESS: await address(),
    COMPANION_OTLP_URL: companion,
    TRACES_OTLP_URL: start.traces ?? `http://${await address()}`,
    LOGS_OTLP_URL: start.logs ?? `http://${await address()}`,
    PROMETHEUS_SCRAPE_ADDRESS: await address(),
    HEALTH_ADDRESS: await address(),
    JUDGED_OTLP_ADDRESS: await address(),
    METRICS_PORT: String(await freePort()),
    STORAGE_DIR: path.join(dir, `${name}-storage`),
    WHOLE_ADDRESS: `127.0.0.1:${whole}`,
    GATEWAY_HOSTNAME: '127.0.0.1',
    GATEWAY_PORT: String(whole),
    ...start.env,
  };
  const configs = [path.isAbsolute(file) ? file : committedConfig(file)];
  configs.push(...(start.over ?? []).map(committedConfig));
  // The laptop's has no address of its own metrics; the default is one for the whole machine.
  if (file.startsWith('laptop')) configs.push('yaml:service::telemetry::metrics::level: none');
  const ports = [Number(env.OTLP_HTTP_ADDRESS.split(':')[1])];
  const user = start.user === undefined ? {} : { user: start.user };
  const running = await startCollector({ program, dir, configs, ports, env, name, ...user });
  return {
    ...running,
    otlp: `http://${env.OTLP_HTTP_ADDRESS}`,
    metrics: `http://${env.PROMETHEUS_SCRAPE_ADDRESS}/metrics`,
    own: `http://127.0.0.1:${env.METRICS_PORT}/metrics`,
    env,
  };
}
