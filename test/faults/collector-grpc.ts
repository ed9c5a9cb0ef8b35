import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { createOtlpReceiver, type AcceptResult } from '@aftertrace/exporter';

import { collectorDir } from '../collector/collector.ts';
import type { Outcome } from './outcome.ts';
import { freePort } from '../stack/harness/free-port.ts';
import { post } from './sender.ts';
import { tellRun } from './told-runs.ts';

const RETRY_AFTER_SECONDS = 2;
const MAX_BODY_BYTES = 100_000;

/** What a Collector makes of each answer of ours over OTLP/gRPC: delivered, dropped, sent again when we said. */
export async function collectorOverGrpc(): Promise<Outcome> {
  const program = process.env['AFTERTRACE_TEST_OTELCOL'] ?? path.join(collectorDir(), 'otelcol');
  if (!existsSync(program)) {
    return { problems: [], facts: [], skipped: `there is no Collector at ${program}` };
  }
  const outcomes = [];
  for (const compression of ['none', 'gzip', 'zstd']) {
    outcomes.push(await withCompression(program, compression));
  }
  return {
    problems: outcomes.flatMap(({ problems }) => problems),
    facts: outcomes.flatMap(({ facts }) => facts),
  };
}

async function withCompression(program: string, compression: string): Promise<Outcome> {
  let answer: AcceptResult = { kind: 'accepted' };
  const bodies: number[] = [];
  const receiver = createOtlpReceiver({
    port: 0,
    grpc: { port: 0 },
    limits: { maxBodyBytes: MAX_BODY_BYTES },
    accept: ({ body }) => {
      bodies.push(body.length);
      return Promise.resolve(answer);
    },
  });
  const { grpcUrl = '' } = await receiver.start();
  const collector = await startCollector({ program, compression, grpcUrl });
  const problems: string[] = [];
  const facts: string[] = [];
  let number = 0;
  const sent = async (what: string, expected: number, padding = ''): Promise<void> => {
    number += 1;
    const [request] = tellRun({ sender: `c${padding}`, number, at: Date.now() });
    const { status, body } = await post(collector.otlp, request?.body ?? Buffer.alloc(0));
    facts.push(`${compression}, ${what}: ${status} ${body.slice(0, 90)}`);
    if (status !== expected) problems.push(`${compression}, ${what}: ${status}, not ${expected}`);
  };
  await sent('accepted', 200);
  answer = { kind: 'accepted', rejected: { count: 1, reason: 'one was bad' } };
  await sent('partial success', 200);
  if (!collector.output().includes('one was bad')) problems.push('it did not tell its warning');
  answer = { kind: 'bad_request', message: 'no OTLP, "ü"' };
  await sent('bad data', 400);
  answer = { kind: 'accepted' };
  await sent('too large', 429, 'x'.repeat(MAX_BODY_BYTES));
  const before = bodies.length;
  const began = performance.now();
  answer = { kind: 'unavailable', retryAfterSeconds: RETRY_AFTER_SECONDS, message: 'disk full' };
  const patient = sent('unavailable, then well', 200);
  while (bodies.length === before) await delay(10);
  answer = { kind: 'accepted' };
  await patient;
  const seconds = (performance.now() - began) / 1000;
  // Its own backoff begins at a tenth of a second: that it waited so long was our word.
  if (seconds < RETRY_AFTER_SECONDS) problems.push(`it came again after ${seconds.toFixed(1)} s`);
  await collector.stop();
  await receiver.shutdown(1_000);
  return { problems, facts };
}

interface CollectorOptions {
  readonly program: string;
  readonly compression: string;
  readonly grpcUrl: string;
}

async function startCollector({ program, compression, grpcUrl }: CollectorOptions) {
  const dir = mkdtempSync(path.join(tmpdir(), 'aftertrace-collector-'));
  const port = await freePort();
  const config = path.join(dir, 'config.json');
  const exporter = {
    endpoint: grpcUrl.slice('http://'.length),
    compression,
    tls: { insecure: true },
    retry_on_failure: { enabled: true, initial_interval: '100ms' },
    sending_queue: { enabled: false },
  };
  writeFileSync(
    config,
    JSON.stringify({
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
      exporters: { otlp_grpc: exporter },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: { receivers: ['otlp'], exporters: ['otlp_grpc'] } },
      },
    }),
  );
  const child = spawn(program, ['--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  while (!output.includes('Everything is ready')) {
    if (child.exitCode !== null) throw new Error(`the Collector ended:\n${output}`);
    await delay(50);
  }
  return {
    otlp: `http://127.0.0.1:${port}`,
    output: () => output,
    stop: async () => {
      child.kill();
      await once(child, 'close');
      rmSync(dir, { recursive: true });
    },
  };
}
