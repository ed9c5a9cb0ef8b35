import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';

import { until } from '@aftertrace-examples/first-flight/processes';

import { freePort } from '../../stack/harness/free-port.ts';
import { startCollector } from '../../stack/harness/start-collector.ts';
import { startCompanion, type Companion } from '../../stack/harness/start-companion.ts';
import { startJaeger } from '../../stack/harness/start-jaeger.ts';
import { startLoad } from '../companion/load.ts';
import { DEFAULT_PAYLOAD } from '../companion/payload.ts';
import { cpuMillisOf, restOf } from '../companion/process-usage.ts';
import type { Row } from '../row.ts';
import { fanOutConfig } from './fan-out-config.ts';
import type { PipelineSetting } from './pipeline-setting.ts';

const VARIANTS = ['without', 'none', 'zstd'] as const;
type Variant = (typeof VARIANTS)[number];

const OPEN_RUNS = 200;
const SPANS_PER_REQUEST = 250;
const SENDERS = 4;
/** Long enough for everything that waits in the Collector to leave. */
const MOST_MILLIS = 120_000;

/** Processor time of the Collector a span, with Jaeger alone behind it and with the companion beside Jaeger. */
export async function collectorCost(setting: PipelineSetting): Promise<readonly Row[]> {
  const micros = new Map<Variant, number[]>(VARIANTS.map((variant) => [variant, []]));
  for (let round = 0; round < setting.rounds; round += 1) {
    for (const variant of VARIANTS) {
      const cost = await costOf(setting, variant);
      micros.get(variant)?.push(cost);
      setting.note(`round ${round + 1}, ${variant}: ${cost.toFixed(2)} us a span`);
    }
  }
  // The least of the rounds: whatever else runs on the machine only adds.
  const least = (variant: Variant): number => Math.min(...(micros.get(variant) ?? []));
  const without = least('without');
  const added = (variant: Variant): readonly Row[] => [
    {
      metric: `Collector CPU added by the companion, ${variant}`,
      value: least(variant) - without,
      unit: 'us/span',
    },
    {
      metric: `the same, of the pipeline without it, ${variant}`,
      value: (100 * (least(variant) - without)) / without,
      unit: '%',
    },
  ];
  return [
    {
      metric: 'Collector CPU without the companion (Jaeger, uncompressed)',
      value: without,
      unit: 'us/span',
    },
    ...added('none'),
    ...added('zstd'),
  ];
}

async function costOf(setting: PipelineSetting, variant: Variant): Promise<number> {
  const dir = await mkdtemp(path.join(setting.dir, `cost-${variant}-`));
  const jaeger = await startJaeger({ program: setting.jaeger.program, dir });
  const companion = variant === 'without' ? undefined : await startCompanion({ dir });
  const port = await freePort();
  const to =
    companion === undefined || variant === 'without'
      ? {}
      : { companion: { endpoint: companion.otlp, compression: variant } };
  const collector = await startCollector({
    program: setting.collector.program,
    dir,
    configs: [fanOutConfig({ port, jaeger: jaeger.otlpHttp, ...to })],
    ports: [port],
  });
  const load = await startLoad(
    {
      url: `http://127.0.0.1:${port}`,
      payload: DEFAULT_PAYLOAD,
      openRuns: OPEN_RUNS,
      spansPerRequest: SPANS_PER_REQUEST,
      senders: SENDERS,
      seed: 1,
    },
    undefined,
  );
  let total = 0;
  const send = async (spans: number): Promise<number> => {
    const { spans: sent } = await load.run({ kind: 'closed', seconds: 600, spans });
    total += sent;
    // A Collector that waits for an answer looks as if it were at rest.
    if (companion !== undefined) await taken(companion, total);
    await restOf(collector.pid, { waitsMillis: 0, mostMillis: MOST_MILLIS });
    return sent;
  };
  try {
    await send(setting.spans / 4);
    const before = cpuMillisOf(collector.pid);
    const spans = await send(setting.spans);
    return ((cpuMillisOf(collector.pid) - before) * 1000) / spans;
  } finally {
    await load.stop();
    await collector.stop();
    await companion?.stop();
    await jaeger.stop();
  }
}

/** Waits until the companion has acknowledged so many spans. */
async function taken(companion: Companion, spans: number): Promise<void> {
  const headers = { authorization: `Bearer ${companion.token}` };
  await until(
    `${spans} spans in the companion`,
    async () => {
      const text = await (await fetch(`${companion.console}/metrics`, { headers })).text();
      const count = Number(/^aftertrace_companion_spans_total (\d+)/m.exec(text)?.[1] ?? 0);
      return count >= spans ? true : undefined;
    },
    MOST_MILLIS,
  );
}
