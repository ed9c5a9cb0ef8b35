import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { until } from '@aftertrace-examples/first-flight/processes';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { scrapeSum } from '../harness/scrape.ts';
import { startCompanion, type Companion } from '../harness/start-companion.ts';
import { describeWith } from '../programs/describe-with.ts';
import { largePart } from './large-part.ts';
import { committedConfig, startCommitted, type CommittedCollector } from './start-committed.ts';

/** Every limit of memory is so much smaller than in the committed file, so that less fills it. */
const SMALLER = 4;
/** In characters. Together they are more than the whole Collector may hold, then. */
const PART = 1_000_000;
const PARTS = 320;

describeWith(['collector'], 'a tail sampler that is full', ({ collector: { program } }) => {
  let dir: string;
  let companion: Companion;
  let collector: CommittedCollector;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-sampler-'));
    companion = await startCompanion({ dir: path.join(dir, 'companion') });
    const file = path.join(dir, 'small.yaml');
    const text = await readFile(committedConfig('sampling-tail.yaml'), 'utf8');
    const small = text.replaceAll(
      /^( +(?:limit_mib|spike_limit_mib): )(\d+)$/gm,
      (_, name: string, mib: string) => `${name}${Number(mib) / SMALLER}`,
    );
    if (small.match(/limit_mib: (?:256|64|80|16)$/gm)?.length !== 4)
      throw new Error('sampling-tail.yaml has other limits than this is made for');
    await writeFile(file, small);
    collector = await startCommitted({ program, dir, file, companion: companion.otlp });
  });
  afterAll(async () => {
    await collector.stop();
    await companion.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test('takes nothing from the companion, and turns no agent away', async () => {
    const answers = new Map<number, number>();
    for (let index = 0; index < PARTS; index += 1) {
      const headers = { 'content-type': 'application/json' };
      const body = largePart(index, PART);
      const answer = await fetch(`${collector.otlp}/v1/traces`, { method: 'POST', headers, body });
      await answer.arrayBuffer();
      answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1);
    }
    expect([...answers]).toEqual([[200, PARTS]]);
    await until(
      'every span',
      async () => {
        const headers = { authorization: `Bearer ${companion.token}` };
        const text = await (await fetch(`${companion.console}/metrics`, { headers })).text();
        const [, spans] = /^aftertrace_companion_spans_total(?:\{.*\})? (\d+)$/m.exec(text) ?? [];
        return Number(spans) >= PARTS ? true : undefined;
      },
      120_000,
    );

    // It was full, or nothing was shown: the viewers went without, and counted it.
    const refused = 'otelcol_processor_memory_limiter_refused_spans';
    const viewers = 'processor="memory_limiter/viewers"';
    expect(await scrapeSum(collector.own, refused, viewers)).toBeGreaterThan(0);
    expect(await scrapeSum(collector.own, refused, 'processor="memory_limiter"')).toBe(0);
  });
});
