/**
 * A whole companion, as `aftertrace serve` puts it together, in a process of its own. What it is told: one argument, its
 * directory; messages `memory` and `stop`.
 */
import { createCompanion } from '../../../packages/cli/src/companion/create-companion.ts';
import { openOwnDataDir } from '../../../packages/cli/src/companion/data-dir.ts';
import { collectGarbage } from '../measure.ts';

/** What it says once it listens. */
export interface Listening {
  readonly url: string;
}

/** Bytes after a collection. */
export interface Memory {
  /** V8's heap, and what it holds outside of it: buffers. */
  readonly heap: number;
  readonly resident: number;
}

const [dir = '', token = ''] = process.argv.slice(2);
const any = { host: '127.0.0.1', port: 0 };
const dataDir = await openOwnDataDir(dir);
const companion = await createCompanion({
  dataDir,
  token,
  listen: { otlp: any, console: any },
  destinations: [],
  exporter: {},
  now: Date.now,
  log: (level, message) => {
    if (level === 'error') console.error(`companion: ${message}`);
  },
});
const addresses = await companion.start();

function memory(): Memory {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

async function stop(): Promise<void> {
  await companion.shutdown(10_000);
  await dataDir.close();
  process.disconnect();
}

process.on('message', (message) => {
  if (message === 'memory') process.send?.(memory());
  else void stop();
});
process.send?.({ url: addresses?.console ?? '' } satisfies Listening);
