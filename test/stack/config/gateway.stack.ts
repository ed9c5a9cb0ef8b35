import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { readLines } from '@aftertrace-examples/first-flight/facts';
import { until } from '@aftertrace-examples/first-flight/processes';
import { Trajectory } from '@aftertrace/schema';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { writeCollectorConfig } from '../../../packages/cli/src/collector/write-config.ts';
import { freePort } from '../harness/free-port.ts';
import { scrapeSum } from '../harness/scrape.ts';
import { startCompanion, type Companion } from '../harness/start-companion.ts';
import { describeWith } from '../programs/describe-with.ts';
import { foreignRun, send } from './foreign-run.ts';
import { startCommitted, type CommittedCollector } from './start-committed.ts';

const RUNS = 40;
const SPANS_OF_RUN = 2;
/** So often an instance that is away is asked before it is looked what the other got meanwhile. */
const AGAIN = 4;
const idOf = (run: number): string =>
  (BigInt(run + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835n).toString(16).slice(-32).padStart(32, '1');

describeWith(['collector'], 'a gateway of two Collectors, each with a companion', (programs) => {
  const ends: (() => Promise<void>)[] = [];
  let dir: string;
  let companions: readonly Companion[];
  let collectors: CommittedCollector[];

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-gateway-'));
    const wholes = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const file = path.join(dir, 'gateway.yaml');
    await writeFile(file, writeCollectorConfig({ kind: 'gateway', replicas: wholes }));
    const names = ['one', 'two'];
    companions = await Promise.all(
      names.map((name) => startCompanion({ dir: path.join(dir, name) })),
    );
    ends.push(...companions.map(({ stop }) => stop));
    collectors = [];
    for (const [index, companion] of companions.entries()) {
      const collector = await startCommitted({
        program: programs.collector.program,
        dir,
        file,
        companion: companion.otlp,
        env: { WHOLE_ADDRESS: wholes[index] ?? '' },
        name: `collector-${names[index]}`,
      });
      collectors.push(collector);
      ends.push(collector.stop);
    }
    // A run's two spans come to different Collectors: what a round-robin before them would do.
    for (let run = 0; run < RUNS; run += 1) {
      const body = foreignRun({ traceId: idOf(run), agent: 'a', tool: 't', result: '{}' });
      const halves = [0, 1].map((span) => {
        const request = JSON.parse(body) as {
          resourceSpans: [{ scopeSpans: [{ spans: unknown[] }] }];
        };
        const { spans } = request.resourceSpans[0].scopeSpans[0];
        request.resourceSpans[0].scopeSpans[0].spans = spans.slice(span, span + 1);
        return JSON.stringify(request);
      });
      for (const [index, half] of halves.entries()) await send(collectors[index]?.otlp ?? '', half);
    }
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
    await rm(dir, { recursive: true, force: true });
  });

  const linesBy = async (count: number): Promise<readonly (readonly Trajectory[])[]> =>
    until(
      `${count} runs`,
      async () => {
        const found = await Promise.all(companions.map(({ dataDir }) => readLines(dataDir)));
        const lines = found.map(({ success, failure, unresolved }) =>
          [...success, ...failure, ...unresolved].map((line) => Trajectory.parse(line)),
        );
        return lines.flat().length >= count ? lines : undefined;
      },
      120_000,
    );

  test('each run is one whole line of one companion, and both have some', async () => {
    const files = await linesBy(RUNS);
    const ids = files.flat().flatMap((line) => line.extra.aftertrace.traceIds);
    expect(ids).toHaveLength(RUNS);
    expect(new Set(ids).size).toBe(RUNS);
    for (const lines of files) expect(lines.length).toBeGreaterThan(0);
    const gaps = files.flat().flatMap((line) => line.extra.aftertrace.completeness?.gaps ?? []);
    expect(gaps).toEqual([]);
  });

  test('what belongs to an instance that is away waits for it: no run is missing, none doubled', async () => {
    const [first, second] = collectors;
    if (first === undefined || second === undefined) throw new Error('there are two');
    await second.kill();
    const before = first.output().length;
    // In one request, so that it has something for both.
    const parts = Array.from({ length: RUNS }, (_, index) => {
      const body = foreignRun({ traceId: idOf(RUNS + index), agent: 'a', tool: 't', result: '{}' });
      return (JSON.parse(body) as { resourceSpans: unknown[] }).resourceSpans;
    });
    await send(first.otlp, JSON.stringify({ resourceSpans: parts.flat() }));
    await until('what is for the second to be sent again', async () =>
      (
        first
          .output()
          .slice(before)
          .match(/Will retry/g) ?? []
      ).length >= AGAIN
        ? true
        : undefined,
    );
    const taken = await scrapeSum(
      first.own,
      'otelcol_receiver_accepted_spans',
      'receiver="otlp/whole"',
    );
    // The queue of the first is on disk: it may go as well.
    await first.kill();
    for (const [index, { env }] of [first, second].entries()) {
      const again = await startCommitted({
        program: programs.collector.program,
        dir,
        file: path.join(dir, 'gateway.yaml'),
        companion: companions[index]?.otlp ?? '',
        env,
        name: `collector-${index}-again`,
      });
      ends.push(again.stop);
    }
    const files = await linesBy(2 * RUNS);
    const ids = files.flat().flatMap((line) => line.extra.aftertrace.traceIds);
    expect(ids.toSorted()).toEqual(
      Array.from({ length: 2 * RUNS }, (_, run) => idOf(run)).toSorted(),
    );
    // What is for the first came to it once, however often the second was asked: metrics and viewers count what comes.
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThanOrEqual(SPANS_OF_RUN * (files[0]?.length ?? 0));
  });
});
