import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { readLines } from '@aftertrace-examples/first-flight/facts';
import { until } from '@aftertrace-examples/first-flight/processes';
import { STORY } from '@aftertrace-examples/first-flight/story';
import { Trajectory } from '@aftertrace/schema';
import { Attr } from '@aftertrace/schema/names';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startAgents } from '../harness/start-agents.ts';
import { startCompanion, type Companion } from '../harness/start-companion.ts';
import { startJaeger, type Jaeger } from '../harness/start-jaeger.ts';
import { describeWith } from '../programs/describe-with.ts';
import { foreignRun, send, type ForeignRun } from './foreign-run.ts';
import { startCommitted, type CommittedCollector } from './start-committed.ts';

/** So many runs that went well; the same ids each time, so that the share is the same each time. */
const RUNS = 400;
const FINE = Array.from({ length: RUNS }, (_, index) => idOf(`fine ${index}`));
/** One in ten of them, give or take four standard deviations of a fair choice. */
const FEWEST = 16;
const MOST = 64;

describeWith(['collector', 'jaeger'], 'what viewers get of', (programs) => {
  const ends: (() => Promise<void>)[] = [];
  let dir: string;
  let companion: Companion;
  let jaeger: Jaeger;
  let collector: CommittedCollector;

  const start = async (file: string): Promise<void> => {
    dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-sampling-'));
    companion = await startCompanion({ dir: path.join(dir, 'companion') });
    ends.push(companion.stop);
    jaeger = await startJaeger({ program: programs.jaeger.program, dir });
    ends.push(jaeger.stop);
    const [otlp, traces] = [companion.otlp, jaeger.otlpHttp];
    const { program } = programs.collector;
    collector = await startCommitted({ program, dir, file, companion: otlp, traces });
    ends.push(collector.stop);
    for (const traceId of FINE) await send(collector.otlp, foreignRun({ traceId, ...WELL }));
  };
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed()) await end();
    await rm(dir, { recursive: true, force: true });
  };
  /** The runs of the companion, once it has so many. */
  const linesOf = (count: number): Promise<readonly Trajectory[]> =>
    until(`${count} lines`, async () => {
      const { success, failure, unresolved } = await readLines(companion.dataDir);
      const all = [...success, ...failure, ...unresolved];
      return all.length >= count ? all.map((line) => Trajectory.parse(line)) : undefined;
    });
  /** Traces in Jaeger, once it has those that are expected. */
  const shown = (ids: readonly string[]): Promise<ReadonlySet<string>> =>
    until(`${ids.length} traces in Jaeger`, async () => {
      const spans = await jaeger.query.spans({ service: 'foreign' });
      const traces = new Set(spans.map(({ traceId }) => traceId));
      return ids.every((id) => traces.has(id)) ? traces : undefined;
    });

  describe('sampling-head.yaml', () => {
    const kept = FINE.filter(isOfTheTenth);
    beforeAll(() => start('sampling-head.yaml'));
    afterAll(stop);

    test('is the tenth that the trace ids say, and nothing else', async () => {
      expect(kept.length).toBeGreaterThan(FEWEST);
      expect(kept.length).toBeLessThan(MOST);
      await linesOf(RUNS);
      // Pipelines hand on in order: with the last of them there, none is under way.
      const traces = await shown(kept);
      expect([...traces].toSorted()).toEqual(kept.toSorted());
    });

    test('and the companion has every run', async () => {
      const lines = await linesOf(RUNS);
      const ids = lines.flatMap((line) => line.extra.aftertrace.traceIds);
      expect(ids.toSorted()).toEqual(FINE.toSorted());
    });

    test('agents that sample for themselves: no span leaves, and their failures are told', async () => {
      const told = STORY.filter(({ message }) =>
        /refund 20 for order 1100|Where is order (?:9001|1000)/.test(message),
      );
      const agents = await startAgents({
        dir,
        otlp: collector.otlp,
        env: {
          ...companion.env,
          OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
          // None at all is the sharpest share.
          OTEL_TRACES_SAMPLER_ARG: '0',
        },
      });
      await agents.play(told);
      await agents.stop();
      const lines = await linesOf(RUNS + told.length);
      const ours = lines.filter((line) => line.agent.name !== WELL.agent);
      const outcomes = ours.map((line) => line.extra.aftertrace.outcome.outcome);
      expect(outcomes.toSorted()).toEqual(told.map(({ outcome }) => outcome).toSorted());
      const sent = ours.map((line) => line.extra.aftertrace.completeness);
      expect(sent).toEqual(told.map(() => expect.objectContaining({ spans: 0 }) as unknown));
      const failed = ours
        .flatMap((line) => line.steps)
        .flatMap((step) => step.tool_calls ?? [])
        .map((call) => call.function_name);
      expect(failed.toSorted()).toEqual(['lookup_order', 'refund']);
      expect(await jaeger.query.spans({ service: 'support' })).toEqual([]);
    });
  });

  describe('sampling-tail.yaml', () => {
    const ours = OURS.map((run, index) => ({ ...WELL, ...run, traceId: idOf(`ours ${index}`) }));
    const ids = ours.map(({ traceId }) => traceId);
    beforeAll(async () => {
      await start('sampling-tail.yaml');
      for (const run of ours) await send(collector.otlp, foreignRun(run));
    });
    afterAll(stop);

    test('is all that carries one of our attributes, and one in ten of what went well', async () => {
      await until('a decision about each trace', async () =>
        (await decided(collector)) >= RUNS + ours.length ? true : undefined,
      );
      const traces = await shown(ids);
      const fine = FINE.filter((id) => traces.has(id));
      expect(fine.length).toBeGreaterThan(FEWEST);
      expect(fine.length).toBeLessThan(MOST);
      expect(traces.size).toBe(fine.length + ours.length);
    });

    test('and the companion has every run', async () => {
      const lines = await linesOf(RUNS + ours.length);
      const all = lines.flatMap((line) => line.extra.aftertrace.traceIds);
      expect(all.toSorted()).toEqual([...FINE, ...ids].toSorted());
    });
  });
});

const WELL = { agent: 'outsider', tool: 'lookup', result: '{"city":"Basel"}' } as const;

/** Each of what the policies of `sampling-tail.yaml` are there for. */
const OURS: readonly Partial<ForeignRun>[] = [
  ...['failed', 'empty', 'denied', 'cancelled', 'unknown'].map((value) =>
    carrying(Attr.TOOL_OUTCOME, value),
  ),
  ...['failure', 'terminated', 'incomplete', 'unknown'].map((value) =>
    carrying(Attr.RUN_OUTCOME, value),
  ),
  ...['flag', 'block', 'redact', 'transform', 'escalate', 'quarantine'].map((value) =>
    carrying(Attr.DECISION_VERDICT, value),
  ),
  ...['approval', 'override'].map((value) => carrying(Attr.OVERRIDE_KIND, value)),
  carrying(Attr.LOOP_KIND, 'repeat'),
  { isError: true },
];

function carrying(name: string, value: string): Partial<ForeignRun> {
  return { attributes: { [name]: value } };
}

function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * Whether a sampler of one in ten keeps a trace: by the last 56 bits of its id, as W3C's Trace Context 2 and
 * OpenTelemetry's "consistent probability sampling" have it, with the threshold rounded to four digits.
 */
function isOfTheTenth(traceId: string): boolean {
  return BigInt(`0x${traceId.slice(-14)}`) >= 0xe6_66_00_00_00_00_00n;
}

/** How many traces the tail sampler has decided about, by its own metrics. */
async function decided({ own }: CommittedCollector): Promise<number> {
  const text = await (await fetch(own)).text();
  const counts = text.matchAll(
    /^otelcol_processor_tail_sampling_global_count_traces_sampled\S* (\S+)$/gm,
  );
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
