import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { until } from '@aftertrace-examples/first-flight/processes';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { COMMITTED_CONFIGS } from '../../../packages/cli/src/collector/committed-configs.ts';
import { scrapeSum } from '../harness/scrape.ts';
import { startCompanion, type Companion } from '../harness/start-companion.ts';
import { describeWith } from '../programs/describe-with.ts';
import { largePart } from './large-part.ts';
import { startCommitted, type CommittedCollector } from './start-committed.ts';

/** In characters. Together they are more than what waits for a viewer at most: 32 MiB, and one in each of 10 hands. */
const PART = 500_000;
const PARTS = 100;
const WITH_VIEWERS = COMMITTED_CONFIGS.filter(({ answers }) => answers.traces !== undefined);

describeWith(['collector'], 'a viewer that is away for long', ({ collector: { program } }) => {
  let dir: string;
  let companion: Companion;
  let collector: CommittedCollector | undefined;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-viewer-'));
    companion = await startCompanion({ dir: path.join(dir, 'companion') });
  });
  afterEach(() => collector?.stop());
  afterAll(async () => {
    await companion.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test.each(WITH_VIEWERS)(
    'is nothing to agents: $file takes all that comes',
    async ({ file, answers: answersOf }) => {
      const name = path.basename(file, '.yaml');
      const { otlp } = companion;
      const started = await startCommitted({ program, dir, file, companion: otlp, name });
      collector = started;
      const answers = new Map<string, number>();
      for (let part = 0; part < PARTS; part += 1) {
        const answer = await fetch(`${started.otlp}/v1/traces`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: largePart(part, PART),
        });
        const said = `${answer.status} ${await answer.text()}`;
        answers.set(said, (answers.get(said) ?? 0) + 1);
      }
      expect([...answers]).toEqual([['200 {"partialSuccess":{}}', PARTS]]);

      // What is thinned out does not fill the queue; the rest does, or nothing was shown.
      if (answersOf.sampling === undefined && answersOf.kind !== 'laptop')
        await until('a queue that is full', async () => {
          const failed = 'otelcol_exporter_enqueue_failed_spans';
          const viewer = 'exporter="otlp_http/traces"';
          return (await scrapeSum(started.own, failed, viewer)) > 0 ? true : undefined;
        });

      // Nor to other instances of a gateway, which would send it again for ever.
      if (file !== 'gateway.yaml') return;
      const taken = await until('all spans, whole', async () => {
        const whole = (what: string): Promise<number> =>
          scrapeSum(started.own, `otelcol_receiver_${what}_spans`, 'receiver="otlp/whole"');
        const [accepted, refused] = [await whole('accepted'), await whole('refused')];
        return accepted + refused >= PARTS ? { accepted, refused } : undefined;
      });
      expect(taken).toEqual({ accepted: PARTS, refused: 0 });
    },
  );
});
