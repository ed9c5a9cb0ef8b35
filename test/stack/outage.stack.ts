import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { checkLines, problemsOf, settledLines } from '../faults/check-lines.ts';
import { startSteadySender } from '../faults/sender.ts';
import { freePort } from './harness/free-port.ts';
import { startCollector } from './harness/start-collector.ts';
import { startCompanion, type Companion } from './harness/start-companion.ts';
import { startJaeger, type Jaeger } from './harness/start-jaeger.ts';
import type { RunningProgram } from './harness/start-program.ts';
import { describeWith } from './programs/describe-with.ts';

const PRODUCTION = fileURLToPath(
  new URL('../../collector-config/production.yaml', import.meta.url),
);
/** How long the companion is away; `.ci/run` says more than the limit below. */
const AWAY_SECONDS = Number(process.env['AFTERTRACE_TEST_OUTAGE_SECONDS'] ?? 120);
/** For so long a Collector tries to send what it holds where nothing else is said. */
const DEFAULT_RETRY_SECONDS = 300;
const SENDERS = 4;
const CALLS_A_RUN = 6;
/** After everything is up again: until nothing is missing. The queue gives back about as fast as it took. */
const RECOVERY_MILLIS = (60 + AWAY_SECONDS) * 1000;

describeWith(
  ['collector', 'jaeger'],
  'load goes on while the companion is away, the Collector restarts, and both are killed',
  (programs) => {
    let dir: string;
    let companion: Companion;
    let collector: RunningProgram;
    let port: number;
    let jaeger: Jaeger;
    let healthPort: number;
    let metricsPort: number;
    let deadPort: number;
    const bringUp = async (): Promise<RunningProgram> =>
      startCollector({
        program: programs.collector.program,
        dir,
        configs: [PRODUCTION, besides(deadPort)],
        env: {
          OTLP_HTTP_ADDRESS: `127.0.0.1:${port}`,
          OTLP_GRPC_ADDRESS: '127.0.0.1:0',
          COMPANION_OTLP_URL: companion.otlp,
          TRACES_OTLP_URL: jaeger.otlpHttp,
          PROMETHEUS_SCRAPE_ADDRESS: '127.0.0.1:0',
          HEALTH_ADDRESS: `127.0.0.1:${healthPort}`,
          METRICS_PORT: String(metricsPort),
          STORAGE_DIR: path.join(dir, 'queue'),
        },
        ports: [port],
      });

    beforeAll(async () => {
      dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-outage-'));
      [port, healthPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
      deadPort = await freePort();
      jaeger = await startJaeger({ program: programs.jaeger.program, dir });
      companion = await startCompanion({
        dir: path.join(dir, 'companion'),
        args: ['--content', 'full'],
      });
      collector = await bringUp();
    });
    afterAll(async () => {
      await collector.stop();
      await jaeger.stop();
      await companion.stop();
      await rm(dir, { recursive: true, force: true });
    });

    test(
      'no run is missing after it and none is there twice',
      async ({ annotate }) => {
        const say = async (text: string): Promise<void> => {
          console.log(`   … ${text}`);
          await annotate(text);
        };
        let otlp: string | undefined = `http://127.0.0.1:${port}`;
        const senders = Array.from({ length: SENDERS }, (_, index) =>
          startSteadySender({ name: `o${index}`, otlp: () => otlp, pauseMillis: 100 }),
        );
        const told = (): number =>
          senders.reduce((sum, one) => sum + one.soFar().acknowledged.size, 0);
        const onDisk = (): number => checkLines(companion.dataDir, []).marks;

        await delay(5000);
        await companion.stop();
        const before = onDisk();
        await delay(AWAY_SECONDS * 1000);
        const away = told();
        expect(onDisk()).toBe(before);
        await say(
          `companion away for ${AWAY_SECONDS} s: the Collector took ${away} calls, ${before} of them on disk`,
        );

        const dropped = await droppedByDefault(metricsPort);
        await say(`an exporter with the default limit of retrying has dropped ${dropped} spans`);
        expect(dropped > 0).toBe(AWAY_SECONDS > DEFAULT_RETRY_SECONDS);

        await companion.start();
        await delay(500);
        otlp = undefined;
        await collector.stop();
        const half = onDisk();
        collector = await bringUp();
        otlp = `http://127.0.0.1:${port}`;
        await say(`Collector restarted while it made good: ${half} of ${told()} calls on disk`);

        await delay(5000);
        otlp = undefined;
        await Promise.all([collector.kill(), companion.kill()]);
        await say(`both killed: ${onDisk()} of ${told()} calls on disk`);
        await delay(2000);
        await companion.start();
        collector = await bringUp();
        otlp = `http://127.0.0.1:${port}`;
        await delay(5000);

        const sent = await Promise.all(senders.map((sender) => sender.stop()));
        const acknowledged = new Set(sent.flatMap((one) => [...one.acknowledged]));
        const stopped = performance.now();
        const check = await settledLines(companion.dataDir, acknowledged, RECOVERY_MILLIS);
        const seconds = ((performance.now() - stopped) / 1000).toFixed(1);
        const runs = acknowledged.size / CALLS_A_RUN;
        await say(
          `${runs} runs (${acknowledged.size} calls) acknowledged, ${check.lines} lines, ` +
            `${check.missing.length} calls missing, ${check.twice.length} doubled, ` +
            `all there ${seconds} s after the last was sent`,
        );
        expect(problemsOf(check)).toEqual([]);
        expect(acknowledged.size).toBeGreaterThan(before);
        expect(away).toBeGreaterThan(before);
      },
      (AWAY_SECONDS + 60) * 1000 + RECOVERY_MILLIS + 120_000,
    );
  },
);

/** An exporter that retries as it does by default, besides: what it drops shows that the outage is longer than the limit of retrying. */
function besides(deadPort: number): object {
  const exporters = ['otlp_http/companion', 'span_metrics/agents', 'forward/viewers'];
  return {
    exporters: {
      'otlp_http/default': {
        endpoint: `http://127.0.0.1:${deadPort}`,
        // When its queue is full the Collector refuses what comes, for whomever it is.
        sending_queue: { queue_size: 100_000 },
      },
    },
    service: { pipelines: { traces: { exporters: [...exporters, 'otlp_http/default'] } } },
  };
}

/** Spans for which that exporter has given up. */
async function droppedByDefault(metricsPort: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  const counter =
    /^otelcol_exporter_send_failed_spans(?:_total)?\{[^}]*exporter="otlp_http\/default"[^}]*\} (\S+)$/m;
  return Number(counter.exec(await answer.text())?.[1] ?? 0);
}
