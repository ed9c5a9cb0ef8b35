import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

import { until } from '@aftertrace-examples/first-flight/processes';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { freePort } from '../harness/free-port.ts';
import { startCompanion, type Companion } from '../harness/start-companion.ts';
import { describeWith } from '../programs/describe-with.ts';
import { foreignRun, send } from './foreign-run.ts';
import { startCommitted, type CommittedCollector } from './start-committed.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describeWith(['collector'], 'judged.yaml: what the companion judged comes back', (programs) => {
  const ends: (() => Promise<void>)[] = [];
  const logs: string[] = [];
  let dir: string;
  let companion: Companion;
  let collector: CommittedCollector;

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-judged-'));
    const judged = `127.0.0.1:${await freePort()}`;
    const sink = await startSink(logs);
    ends.push(async () => void sink.close());
    const { port } = sink.address() as AddressInfo;
    companion = await startCompanion({
      dir: path.join(dir, 'companion'),
      args: [
        `emit.otlp.endpoint=http://${judged}`,
        `metrics.otlp.endpoint=http://${judged}`,
        'metrics.intervalMillis=1000',
      ].flatMap((field) => ['--set', field]),
    });
    ends.push(companion.stop);
    collector = await startCommitted({
      program: programs.collector.program,
      dir,
      file: 'judged.yaml',
      companion: companion.otlp,
      logs: `http://127.0.0.1:${port}/otlp`,
      env: { JUDGED_OTLP_ADDRESS: judged },
    });
    ends.push(collector.stop);
    const failed = { agent: 'outsider', tool: 'lookup', result: '{"success":false,"error":"no"}' };
    await send(collector.otlp, foreignRun({ traceId: TRACE, ...failed }));
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
    await rm(dir, { recursive: true, force: true });
  });

  test('as logs with the trace that they are about', async () => {
    const text = await until('the outcome as a log', () =>
      Promise.resolve(logs.find((body) => body.includes('aftertrace.tool.outcome'))),
    );
    expect(text).toContain('lookup');
    expect(Buffer.from(text, 'latin1').toString('hex')).toContain(TRACE);
  });

  test("as metrics beside those of the spans, and the companion's own", async () => {
    const text = await until('the metrics', async () => {
      const body = await (await fetch(collector.metrics)).text();
      return body.includes('aftertrace_companion_tool_calls_total') &&
        body.includes('traces_span_metrics_calls_total')
        ? body
        : undefined;
    });
    expect(text).toMatch(
      /aftertrace_companion_tool_calls_total\{[^}]*aftertrace_tool_outcome="failed"[^}]*gen_ai_tool_name="lookup"[^}]*\} 1/,
    );
  });
});

/** Takes OTLP logs as Loki would. */
function startSink(bodies: string[]): Promise<Server> {
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const isGzip = request.headers['content-encoding'] === 'gzip';
    if (request.url === '/otlp/v1/logs')
      bodies.push((isGzip ? gunzipSync(body) : body).toString('latin1'));
    response.setHeader('content-type', 'application/x-protobuf').end();
  };
  const server = createServer((request, response) => void take(request, response));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
