import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { start, until } from '@aftertrace-examples/first-flight/processes';

import { freePort } from '../../stack/harness/free-port.ts';
import { startCollector } from '../../stack/harness/start-collector.ts';
import { startCompanion, type Companion } from '../../stack/harness/start-companion.ts';
import { startJaeger } from '../../stack/harness/start-jaeger.ts';
import { startWebhook, type Webhook } from '../../stack/harness/start-webhook.ts';
import type { Row } from '../row.ts';
import { fanOutConfig } from './fan-out-config.ts';
import type { PipelineSetting } from './pipeline-setting.ts';
import { watchLines } from './watch-lines.ts';

const AGENT = fileURLToPath(new URL('failing-agent.ts', import.meta.url));
const PRELOAD = fileURLToPath(import.meta.resolve('@aftertrace/node'));
/** Apart, so that each run is alone on its way, as in an agent that people talk to. */
const PAUSE_MILLIS = 150;
const ARRIVAL_MILLIS = 60_000;

interface Told {
  readonly tool: string;
  readonly toolEndedAtMillis: number;
  readonly runEndedAtMillis: number;
}

/** From the end of a span in the agent to the line on disk and to the webhook, through Collector and companion. */
export async function delays(setting: PipelineSetting): Promise<readonly Row[]> {
  const { dir, note, runs } = setting;
  const webhook = await startWebhook();
  const companion = await startCompanion({ dir: path.join(dir, 'delays'), webhook: webhook.url });
  const jaeger = await startJaeger({ program: setting.jaeger.program, dir });
  const port = await freePort();
  const collector = await startCollector({
    program: setting.collector.program,
    dir,
    configs: [
      fanOutConfig({
        port,
        jaeger: jaeger.otlpHttp,
        companion: { endpoint: companion.otlp, compression: 'none' },
      }),
    ],
    ports: [port],
  });
  try {
    const place = { dir, otlp: `http://127.0.0.1:${port}`, companion, webhook };
    note(`failed runs, ${runs} of them`);
    const failed = await measure(place, { runs, kind: 'failed' });
    note(`good runs, ${runs} of them: they wait for the batch of the agent's SDK`);
    const good = await measure(place, { runs, kind: 'good' });
    return [
      ...percentiles('failed run: span end to line on disk', failed.toLine),
      ...percentiles(
        'third failed call of a tool, which opens an incident: span end to webhook',
        failed.toWebhook,
      ),
      ...percentiles(
        "good run: span end to line on disk, SDK's own batch of 5 s in it",
        good.toLine,
      ),
    ];
  } finally {
    await collector.stop();
    await jaeger.stop();
    await companion.stop();
    webhook.stop();
  }
}

interface Place {
  readonly dir: string;
  readonly otlp: string;
  readonly companion: Companion;
  readonly webhook: Webhook;
}

interface Delays {
  readonly toLine: readonly number[];
  readonly toWebhook: readonly number[];
}

async function measure(
  { dir, otlp, companion, webhook }: Place,
  { runs, kind }: { readonly runs: number; readonly kind: 'failed' | 'good' },
): Promise<Delays> {
  const watch = watchLines(companion.dataDir);
  const agent = start({
    name: `agent-${kind}`,
    args: ['--import', PRELOAD, AGENT, String(runs), String(PAUSE_MILLIS), kind],
    env: { ...companion.env, OTEL_EXPORTER_OTLP_ENDPOINT: otlp, NODE_NO_WARNINGS: '1' },
    logDir: dir,
  });
  const told: Told[] = [];
  for (let run = 0; run < runs; run += 1) told.push(JSON.parse(await agent.nextLine()) as Told);
  const noticedAt = (): ReadonlyMap<string, number> => openedAt(webhook);
  await until(
    `the lines of ${runs} runs`,
    () => {
      const lines = told.every((one) => watch.seen.has(one.tool));
      const noticed = noticedAt();
      const notices = kind === 'good' || told.every((one) => noticed.has(one.tool));
      return lines && notices ? true : undefined;
    },
    ARRIVAL_MILLIS,
  );
  await agent.stop();
  watch.stop();
  const noticed = noticedAt();
  return {
    toLine: told.map((one) => (watch.seen.get(one.tool) ?? Number.NaN) - one.runEndedAtMillis),
    toWebhook: told.map((one) => (noticed.get(one.tool) ?? Number.NaN) - one.toolEndedAtMillis),
  };
}

/** By tool, when the receiver had been told of its first incident in full. */
function openedAt({ notices }: Webhook): ReadonlyMap<string, number> {
  const at = new Map<string, number>();
  for (const { atMillis, body } of notices) {
    const { data } = JSON.parse(body) as { data: { tool: string } };
    if (!at.has(data.tool)) at.set(data.tool, atMillis);
  }
  return at;
}

function percentiles(metric: string, values: readonly number[]): readonly Row[] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  return [
    { metric: `${metric}, p50`, value: at(0.5), unit: 'ms' },
    { metric: `${metric}, p99`, value: at(0.99), unit: 'ms' },
  ];
}
