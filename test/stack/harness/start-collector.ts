import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { startProgram, type RunningProgram } from './start-program.ts';

export interface CollectorStart {
  readonly program: string;
  /** Working directory and place of its log. */
  readonly dir: string;
  /**
   * Configurations as `--config` takes them, later ones over earlier ones: files, or URIs such as
   * `yaml:exporters::otlp_http::endpoint: …`. An object is written to a file first (YAML takes JSON as it is).
   */
  readonly configs: readonly (string | object)[];
  /** What it must listen on to be ready. */
  readonly ports: readonly number[];
  readonly env?: Readonly<Record<string, string>>;
  /** As whom it runs. Default: as whoever starts it. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Name of its log. Default `collector`. */
  readonly name?: string;
}

/** Starts an OpenTelemetry Collector. */
export async function startCollector(start: CollectorStart): Promise<RunningProgram> {
  const { program, dir, ports, env = {}, name = 'collector' } = start;
  await mkdir(dir, { recursive: true });
  const configs = await Promise.all(
    start.configs.map(async (config, index) => {
      if (typeof config === 'string') return config;
      const file = path.join(dir, `${name}-${index}.json`);
      await writeFile(file, JSON.stringify(config, undefined, 2));
      return file;
    }),
  );
  const command = [program, ...configs.flatMap((config) => ['--config', config])];
  const user = start.user === undefined ? {} : { user: start.user };
  return startProgram({ name, command, dir, env, ports, ...user });
}
