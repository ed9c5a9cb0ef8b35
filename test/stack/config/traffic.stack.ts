import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { readLines } from '@aftertrace-examples/first-flight/facts';
import { until } from '@aftertrace-examples/first-flight/processes';
import { STORY } from '@aftertrace-examples/first-flight/story';
import { Trajectory } from '@aftertrace/schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { COMMITTED_CONFIGS } from '../../../packages/cli/src/collector/committed-configs.ts';
import { startAgents } from '../harness/start-agents.ts';
import { startCompanion, type Companion } from '../harness/start-companion.ts';
import { startJaeger, type Jaeger } from '../harness/start-jaeger.ts';
import { describeWith } from '../programs/describe-with.ts';
import type { Program } from '../programs/program.ts';
import { foreignRun, SECRET, send } from './foreign-run.ts';
import { startCommitted, type CommittedCollector } from './start-committed.ts';

/** A failure that only the result tells, one that is thrown, and one that goes well. */
const TOLD = STORY.filter(({ message }) =>
  /refund 20 for order 1100|Where is order (?:9001|1000)/.test(message),
);
const FOREIGN = '0af7651916cd43dd8448eb211c80319c';

describeWith(['collector', 'jaeger'], 'each committed configuration', ({ collector, jaeger }) =>
  carries(collector, jaeger),
);

describeWith(
  ['previous-collector', 'jaeger'],
  'each of them in the previous release of the Collector',
  (programs) => carries(programs['previous-collector'], programs.jaeger),
);

function carries(collectorProgram: Program, jaegerProgram: Program): void {
  for (const { file, answers } of COMMITTED_CONFIGS) {
    const ends: (() => Promise<void>)[] = [];
    let dir: string;
    let companion: Companion;
    let jaeger: Jaeger;
    let collector: CommittedCollector;

    describe(file, () => {
      beforeAll(async () => {
        dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-config-'));
        companion = await startCompanion({ dir: path.join(dir, 'companion') });
        ends.push(companion.stop);
        jaeger = await startJaeger({ program: jaegerProgram.program, dir });
        ends.push(jaeger.stop);
        collector = await startCommitted({
          program: collectorProgram.program,
          dir,
          file,
          companion: companion.otlp,
          traces: jaeger.otlpHttp,
        });
        ends.push(collector.stop);
        const agents = await startAgents({ dir, otlp: collector.otlp, env: companion.env });
        await agents.play(TOLD);
        await agents.stop();
        const failed = { agent: 'outsider', tool: 'lookup', result: '{"error":"no such city"}' };
        await send(collector.otlp, foreignRun({ traceId: FOREIGN, ...failed, isError: true }));
      });
      afterAll(async () => {
        for (const end of ends.toReversed()) await end();
        await rm(dir, { recursive: true, force: true });
      });

      test('every run is a whole line of the companion', async () => {
        const lines = await linesOf(companion, TOLD.length + 1);
        expect(lines).toHaveLength(TOLD.length + 1);
        const gaps = lines.flatMap((line) => line.extra.aftertrace.completeness?.gaps ?? []);
        expect(gaps).toEqual([]);
        const outcomes = lines.map((line) => line.extra.aftertrace.outcome.outcome);
        expect(outcomes.filter((outcome) => outcome === 'success').length).toBeGreaterThan(0);
        expect(outcomes.filter((outcome) => outcome === 'failure').length).toBeGreaterThan(0);
      });

      test.runIf(answers.redact === true)(
        'secrets are masked before anybody has them, in structures too',
        async () => {
          const lines = await linesOf(companion, TOLD.length + 1);
          const foreign = lines.find((line) => line.extra.aftertrace.traceIds.includes(FOREIGN));
          expect(JSON.stringify(foreign)).not.toContain(SECRET);
          // What was a structure is still one for the companion.
          expect(JSON.stringify(foreign)).toContain('"city":"Basel"');
          expect(JSON.stringify(foreign)).toContain('"key":"****"');
        },
      );

      test.runIf(answers.traces !== undefined && answers.sampling !== 'head')(
        'viewers show what they are meant to',
        async () => {
          const lines = await linesOf(companion, TOLD.length + 1);
          const failed = lines
            .filter((line) => line.extra.aftertrace.outcome.outcome === 'failure')
            .flatMap((line) => line.extra.aftertrace.traceIds);
          const all = lines.flatMap((line) => line.extra.aftertrace.traceIds);
          const wanted = answers.sampling === 'tail' ? failed : all;
          expect(wanted.length).toBeGreaterThan(0);
          await until('the traces in Jaeger', async () => {
            const traces = await shownBy(jaeger);
            return wanted.every((id) => traces.has(id)) ? traces : undefined;
          });
        },
      );

      test.runIf(answers.sampling === 'head')(
        'viewers show no trace that is not of the tenth by its id, though it failed',
        async () => {
          const lines = await linesOf(companion, TOLD.length + 1);
          const shown = await shownBy(jaeger);
          const all = lines.flatMap((line) => line.extra.aftertrace.traceIds);
          expect(all).toEqual(expect.arrayContaining([...shown]));
          // It failed; its last bytes are not of the tenth that is kept.
          expect(shown).not.toContain(FOREIGN);
        },
      );

      test.runIf(answers.prometheus !== undefined)(
        'failures of tools are metrics, of every call',
        async () => {
          const text = await until('metrics of the spans', async () => {
            const answer = await fetch(collector.metrics);
            const body = await answer.text();
            return body.includes('gen_ai_tool_name="refund"') ? body : undefined;
          });
          expect(text).toMatch(
            /traces_span_metrics_calls_total\{[^}]*aftertrace_tool_outcome="failed"[^}]*gen_ai_tool_name="refund"/,
          );
          expect(text).toMatch(
            /traces_span_metrics_calls_total\{[^}]*gen_ai_tool_name="lookup"[^}]*status_code="STATUS_CODE_ERROR"/,
          );
        },
      );

      test.runIf(answers.judged !== undefined)(
        'what others send as judged is taken as logs and metrics, not as traces',
        async () => {
          const judged = `http://${collector.env['JUDGED_OTLP_ADDRESS']}`;
          const headers = { 'content-type': 'application/json' };
          for (const signal of ['logs', 'metrics']) {
            const answer = await fetch(`${judged}/v1/${signal}`, {
              method: 'POST',
              headers,
              body: '{}',
            });
            expect(answer.status).toBe(200);
          }
          const traces = await fetch(`${judged}/v1/traces`, {
            method: 'POST',
            headers,
            body: '{}',
          });
          expect(traces.status).toBe(404);
        },
      );
    });
  }
}

async function shownBy(jaeger: Jaeger): Promise<ReadonlySet<string>> {
  const ours = await jaeger.query.spans({ service: 'support' });
  const foreign = await jaeger.query.trace(FOREIGN);
  return new Set([...ours, ...foreign].map(({ traceId }) => traceId));
}

async function linesOf(companion: Companion, count: number): Promise<readonly Trajectory[]> {
  return until(`${count} lines`, async () => {
    const { success, failure, unresolved } = await readLines(companion.dataDir);
    const all = [...success, ...failure, ...unresolved];
    return all.length >= count ? all.map((line) => Trajectory.parse(line)) : undefined;
  });
}
