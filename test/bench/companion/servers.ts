import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { ExporterConfigInput } from '@aftertrace/exporter';

import { ONE_PROCESSOR_FLAG } from '../../../packages/cli/src/companion/collect-alone.ts';
import { freePort } from '../../stack/harness/free-port.ts';
import { ended, nextMessage, startChild, type Core } from './child.ts';
import { countOtlpJson, countTrajectories, type Output } from './count-output.ts';

/** A server under load. */
export interface RunningServer {
  readonly name: string;
  readonly pid: number;
  readonly url: string;
  /** How long it may wait by design before it writes what it has. */
  readonly waitsMillis: number;
  /** What it says of itself; `undefined`: nothing. */
  stats(): Promise<unknown>;
  output(): Promise<Output>;
  /** Ends it; its files stay until `remove`. */
  stop(): Promise<void>;
  remove(): Promise<void>;
}

/** Where and how servers run. */
export interface ServerPlace {
  /** Directory for their files; each server has one of its own below it. */
  readonly dir: string;
  readonly core: Core;
}

export interface CompanionOptions extends ServerPlace {
  readonly name: string;
  readonly config: ExporterConfigInput;
  /** Directory for profiles, or none. */
  readonly cpuProfileDir?: string | undefined;
}

const STOP_MILLIS = 60_000;
const SCRIPT = fileURLToPath(new URL('companion-server.ts', import.meta.url));

export async function startCompanion(options: CompanionOptions): Promise<RunningServer> {
  const dir = await mkdtemp(join(options.dir, 'companion-'));
  const profile =
    options.cpuProfileDir === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${options.cpuProfileDir}`];
  const child = startChild(
    [
      process.execPath,
      '--conditions=@aftertrace/source',
      // As `aftertrace serve` starts itself anew.
      ...(options.core === undefined ? [] : [ONE_PROCESSOR_FLAG]),
      ...profile,
      SCRIPT,
      JSON.stringify({ dir, config: options.config }),
    ],
    // As the shipped unit and Containerfile have it.
    { core: options.core, messages: true, env: { MALLOC_MMAP_THRESHOLD_: '131072' } },
  );
  const { url } = await nextMessage<{ readonly url: string }>(child);
  return {
    name: options.name,
    pid: pidOf(child),
    url,
    waitsMillis: 1500,
    stats: async () => {
      const answer = nextMessage(child);
      child.send('stats');
      return answer;
    },
    output: () => countTrajectories(dir),
    stop: async () => {
      if (child.connected) child.send('stop');
      await ended(child, STOP_MILLIS);
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

export interface CollectorOptions extends ServerPlace {
  readonly name: string;
  readonly program: string;
  /** Share of traces without an error to keep by `tail_sampling`; absent: no such processor, all is kept. */
  readonly successRatio?: number;
}

/** Long enough for all spans of a run to come, as in the companion. */
const DECISION_WAIT_SECONDS = 2;

export async function startCollector(options: CollectorOptions): Promise<RunningServer> {
  const dir = await mkdtemp(join(options.dir, 'collector-'));
  const file = join(dir, 'spans.jsonl');
  const port = await freePort();
  const config = join(dir, 'config.yaml');
  await writeFile(config, collectorConfig({ port, file, successRatio: options.successRatio }));
  const child = startChild([options.program, '--config', config], {
    core: options.core,
    messages: false,
  });
  await listening(port);
  return {
    name: options.name,
    pid: pidOf(child),
    url: `http://127.0.0.1:${port}`,
    waitsMillis: options.successRatio === undefined ? 0 : DECISION_WAIT_SECONDS * 1000,
    stats: () => Promise.resolve(undefined),
    output: () => countOtlpJson(file),
    stop: async () => {
      child.kill('SIGTERM');
      await ended(child, STOP_MILLIS);
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

interface CollectorFacts {
  readonly port: number;
  readonly file: string;
  readonly successRatio: number | undefined;
}

/** YAML takes JSON as it is. */
function collectorConfig({ port, file, successRatio }: CollectorFacts): string {
  const sampling = {
    decision_wait: `${DECISION_WAIT_SECONDS}s`,
    num_traces: 200_000,
    policies: [
      { name: 'failures', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
      {
        name: 'share',
        type: 'probabilistic',
        probabilistic: { sampling_percentage: (successRatio ?? 1) * 100 },
      },
    ],
  };
  const sampled = successRatio !== undefined;
  return JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    ...(sampled ? { processors: { tail_sampling: sampling } } : {}),
    exporters: { file: { path: file } },
    service: {
      telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
      pipelines: {
        traces: {
          receivers: ['otlp'],
          ...(sampled ? { processors: ['tail_sampling'] } : {}),
          exporters: ['file'],
        },
      },
    },
  });
}

function pidOf(child: { readonly pid?: number | undefined }): number {
  if (child.pid === undefined) throw new Error('the server could not be started');
  return child.pid;
}

const START_TRIES = 150;

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < START_TRIES; attempt += 1) {
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (answered) return;
    await delay(100);
  }
  throw new Error(`nothing listens on port ${port} after ${START_TRIES / 10} s`);
}
