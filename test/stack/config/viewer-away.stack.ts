import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { until } from '@aftertrace-examples/first-flight/processes';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { COMMITTED_CONFIGS } from '../../../packages/cli/src/collector/committed-configs.ts';
import { startCompanion, type Companion } from '../harness/start-companion.ts';
import { describeWith } from '../programs/describe-with.ts';
import { foreignRun } from './foreign-run.ts';
import { startCommitted, type CommittedCollector } from './start-committed.ts';

/** More than what waits for a viewer at most: 1000 requests, and one in each of 10 hands. */
const REQUESTS = 1200;
const WITH_VIEWERS = COMMITTED_CONFIGS.filter(({ answers }) => answers.traces !== undefined);

/** Of one run. */
const SPANS = 2;

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

  test.each(WITH_VIEWERS)('is nothing to agents: $file takes all that comes', async ({ file }) => {
    const name = path.basename(file, '.yaml');
    const { otlp } = companion;
    const started = await startCommitted({ program, dir, file, companion: otlp, name });
    collector = started;
    const answers = new Map<string, number>();
    for (let run = 0; run < REQUESTS; run += 1) {
      const traceId = run.toString(16).padStart(32, 'a');
      const answer = await fetch(`${started.otlp}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: foreignRun({ traceId, agent: 'a', tool: 't', result: '{}' }),
      });
      const said = `${answer.status} ${await answer.text()}`;
      answers.set(said, (answers.get(said) ?? 0) + 1);
    }
    expect([...answers]).toEqual([['200 {"partialSuccess":{}}', REQUESTS]]);

    // Nor to other instances of a gateway, which would send it again for ever.
    if (file !== 'gateway.yaml') return;
    const taken = await until('all spans, whole', async () => {
      const text = await (await fetch(started.own)).text();
      const whole = (what: string): number =>
        Number(
          new RegExp(
            `^otelcol_receiver_${what}_spans\\{receiver="otlp/whole".*\\} (\\S+)$`,
            'm',
          ).exec(text)?.[1] ?? 0,
        );
      const [accepted, refused] = [whole('accepted'), whole('refused')];
      return accepted + refused >= REQUESTS * SPANS ? { accepted, refused } : undefined;
    });
    expect(taken).toEqual({ accepted: REQUESTS * SPANS, refused: 0 });
  });
});
