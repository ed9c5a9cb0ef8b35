import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { findPrograms } from '../stack/programs/find-programs.ts';
import { BenchUsageError, countOf } from './arguments.ts';
import { collectorCost } from './pipeline/collector-cost.ts';
import { delays } from './pipeline/delays.ts';
import type { PipelineSetting } from './pipeline/pipeline-setting.ts';
import type { BenchContext, Row } from './row.ts';

const PARTS = { delays, cost: collectorCost } as const;
/** What the benchmark takes. */
export const PIPELINE_USAGE = `[PART…] [--runs N] [--spans N] [--rounds N]
parts: ${Object.keys(PARTS).join(', ')} (default: all)
--runs: whose delay is measured (default 200); --spans: of a round of load (40000); --rounds: of load, the least of which counts (5)`;

/** The whole way of telemetry with real programs: how long it takes, and what the companion costs the Collector. */
export async function pipeline({ args, note }: BenchContext): Promise<readonly Row[]> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '200' },
      spans: { type: 'string', default: '40000' },
      rounds: { type: 'string', default: '5' },
    },
  });
  const unknown = positionals.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown !== undefined) throw new BenchUsageError(`there is no part ${unknown}`);
  const runs = countOf('runs', values.runs);
  const spans = countOf('spans', values.spans);
  const rounds = countOf('rounds', values.rounds);
  const { collector, jaeger } = await findPrograms(['collector', 'jaeger'], { note });
  if (collector === undefined || jaeger === undefined) {
    throw new Error(
      'the pipeline needs a Collector and Jaeger: node test/stack/programs/build-programs.ts',
    );
  }
  note(
    `Collector ${collector.version}, Jaeger ${jaeger.version}; load before: ${loadavg()[0]?.toFixed(2) ?? '?'}`,
  );
  const dir = await mkdtemp(join(tmpdir(), 'aftertrace-pipeline-'));
  const setting: PipelineSetting = { collector, jaeger, dir, runs, spans, rounds, note };
  try {
    const rows: Row[] = [];
    for (const [name, part] of Object.entries(PARTS)) {
      if (positionals.length === 0 || positionals.includes(name))
        rows.push(...(await part(setting)));
    }
    return rows;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
