import { randomBytes } from 'node:crypto';

import { freePort } from '../harness/free-port.ts';
import { startCollector } from '../harness/start-collector.ts';
import type { RunningProgram } from '../harness/start-program.ts';

/** A Collector that loses what is for the companion, and tells of it. */
export interface LosingCollector extends RunningProgram {
  readonly otlp: string;
  /** Port of its own metrics. */
  readonly own: number;
}

/** A queue of so many bytes. */
const ROOM = 2000;

/**
 * Without retries before a companion that is not there, and with a queue that takes next to nothing: what
 * `aftertrace collector check` warns of. Only Collectors that have lost something have the series that alerts ask for.
 */
export async function startLosingCollector(program: string, dir: string): Promise<LosingCollector> {
  const [http, own] = [await freePort(), await freePort()];
  const exporter = {
    endpoint: `http://127.0.0.1:${await freePort()}`,
    retry_on_failure: { enabled: false },
    sending_queue: { sizer: 'bytes', queue_size: ROOM },
  };
  const pipeline = { receivers: ['otlp'], exporters: ['otlp_http/companion'] };
  // Room for one trace, so that the one before goes undecided.
  const sampler = {
    decision_wait: '60s',
    num_traces: 1,
    policies: [{ name: 'all', type: 'always_sample' }],
  };
  const reader = { pull: { exporter: { prometheus: { host: '127.0.0.1', port: own } } } };
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${http}` } } } },
    processors: { 'tail_sampling/viewers': sampler },
    exporters: { 'otlp_http/companion': exporter },
    service: {
      telemetry: { metrics: { readers: [reader] } },
      pipelines: {
        traces: pipeline,
        logs: pipeline,
        'traces/viewers': { ...pipeline, processors: ['tail_sampling/viewers'] },
      },
    },
  };
  const running = await startCollector({
    program,
    dir,
    configs: [config],
    ports: [http, own],
    name: 'losing',
  });
  return { ...running, otlp: `http://127.0.0.1:${http}`, own };
}

/** A span and an event that are sent in vain, and such that are too large for the queue. */
export async function sendInVain({ otlp }: LosingCollector): Promise<void> {
  for (const length of [1, 2 * ROOM]) {
    const name = 'x'.repeat(length);
    const ids = { traceId: randomBytes(16).toString('hex'), spanId: 'b'.repeat(16) };
    const spans = [{ ...ids, name, startTimeUnixNano: '1', endTimeUnixNano: '2' }];
    await post(`${otlp}/v1/traces`, { resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const logRecords = [{ timeUnixNano: '1', body: { stringValue: name } }];
    await post(`${otlp}/v1/logs`, { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
  }
}

/** Whatever is answered: what is lost is what is asked for. */
async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  await answer.arrayBuffer();
}
