import { join } from 'node:path';

import { createJournal } from '../journal/journal.ts';
import { createPipeline } from '../pipeline.ts';
import { acceptLogs, acceptTraces } from './otlp-builder.ts';
import { refundStory } from './stories.ts';

/**
 * Child process: `node accept-forever.ts DIR PREFIX`. Sends run after run through a pipeline, each in three requests,
 * and prints a run's id once all three were acknowledged. Runs until it is killed.
 */
const [dir = '', prefix = ''] = process.argv.slice(2);
const pipeline = createPipeline({
  dataDir: dir,
  journal: createJournal({ dir: join(dir, 'journal'), segmentMaxBytes: 64 * 1024 }),
  config: { assembly: { graceMillis: 20 }, checkIntervalMillis: 5 },
});
await pipeline.start();

let next = 0;
async function send(): Promise<never> {
  for (;;) {
    const run = `${prefix}-${next}`;
    next += 1;
    const trace = Buffer.from(run).toString('hex').padStart(32, '0');
    const { spans, logs } = refundStory(run, trace);
    const requests = [
      acceptTraces(spans.slice(0, 2)),
      acceptLogs(logs),
      acceptTraces(spans.slice(2), 'protobuf'),
    ];
    for (const request of requests) {
      const { kind } = await pipeline.accept(request);
      if (kind !== 'accepted') throw new Error(kind);
    }
    process.stdout.write(`${run}\n`);
  }
}

await Promise.all(Array.from({ length: 4 }, send));
