/**
 * The companion's receiver, journal and pipeline as `aftertrace serve` puts them together, in a process of their own.
 * What it is told: one argument, {@link ServerSetup} as JSON; messages `stats` and `stop`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import {
  createJournal,
  createOtlpReceiver,
  createPipeline,
  type ExporterConfigInput,
} from '@aftertrace/exporter';

import { limitHeapGrowth } from '../../../packages/cli/src/companion/limit-heap-growth.ts';

/** What the server is started with. */
export interface ServerSetup {
  readonly dir: string;
  readonly config: ExporterConfigInput;
}

const STOP_MILLIS = 30_000;
limitHeapGrowth();
const setup = JSON.parse(process.argv[2] ?? '{}') as ServerSetup;
mkdirSync(setup.dir, { recursive: true });
const counts = { findings: 0, runs: 0 };
const log = (...words: readonly unknown[]): void => console.error('companion:', ...words);
const pipeline = createPipeline({
  dataDir: setup.dir,
  journal: createJournal({
    dir: join(setup.dir, 'journal'),
    onProblem: (problem) => log('journal', problem),
  }),
  config: setup.config,
  onFinding: () => {
    counts.findings += 1;
  },
  onRun: () => {
    counts.runs += 1;
  },
  log: ({ level, message, cause }) => log(level, message, cause ?? ''),
});
const receiver = createOtlpReceiver({
  port: 0,
  accept: (request) => pipeline.accept(request),
  log: (message, cause) => log(message, cause),
});

async function answer(message: unknown): Promise<void> {
  if (message === 'stats') {
    process.send?.({ kind: 'stats', stats: { ...counts, pipeline: pipeline.stats() } });
    return;
  }
  await receiver.shutdown(STOP_MILLIS);
  await pipeline.shutdown(STOP_MILLIS);
  process.disconnect();
}

await pipeline.start();
const { url } = await receiver.start();
process.on('message', (message) => void answer(message));
process.send?.({ kind: 'ready', url });
