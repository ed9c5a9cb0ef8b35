import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { allDashboards } from '@aftertrace-config/grafana/dashboards';
import { until } from '@aftertrace-examples/first-flight/processes';
import { z } from 'zod';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { describeWith } from '../programs/describe-with.ts';
import { panelQueries, selectorsOf, variableQueries } from './dashboard-queries.ts';
import { startPipeline, type QueriedPipeline } from './pipeline-for-queries.ts';

const DASHBOARDS = allDashboards();
const QUERIES = DASHBOARDS.flatMap(panelQueries);
/** Until recording rules have been evaluated twice and counters have grown. */
const PATIENCE_MILLIS = 150_000;

const Rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          type: z.enum(['recording', 'alerting']),
          name: z.string(),
          query: z.string(),
          health: z.string(),
          lastError: z.string().optional(),
        }),
      ),
    }),
  ),
});

describeWith(
  ['collector', 'jaeger', 'prometheus'],
  'dashboards and rules over the production configuration',
  (programs) => {
    let dir: string;
    let pipeline: QueriedPipeline;

    beforeAll(async () => {
      dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-queries-'));
      pipeline = await startPipeline({ dir, programs });
    });
    afterAll(async () => {
      await pipeline.stop();
      await rm(dir, { recursive: true, force: true });
    });

    /** Numbers that the query gives now, without NaN and infinity. */
    const numbers = async (expression: string): Promise<readonly number[]> =>
      (await pipeline.prometheus.query(expression))
        .map(({ value }) => value)
        .filter((value) => Number.isFinite(value));
    const hasSeries = async (selector: string): Promise<boolean> => {
      const match = new URLSearchParams({ 'match[]': selector });
      const found = await pipeline.prometheus.api(`/api/v1/series?${match.toString()}`);
      return z.array(z.unknown()).parse(found).length > 0;
    };
    /** What is still without an answer when patience is over. */
    const unanswered = async <T>(
      all: readonly T[],
      isAnswered: (one: T) => Promise<boolean>,
    ): Promise<readonly T[]> => {
      let open = all;
      await until(
        'answers',
        async () => {
          const answered = await Promise.all(open.map(isAnswered));
          open = open.filter((_, index) => answered[index] !== true);
          return open.length === 0 ? true : undefined;
        },
        PATIENCE_MILLIS,
      ).catch(() => undefined);
      return open;
    };

    test('every query of every panel gives numbers', async () => {
      expect(QUERIES.length).toBeGreaterThan(60);
      const empty = await unanswered(
        QUERIES,
        async ({ expression }) => (await numbers(expression)).length > 0,
      );
      expect(empty).toEqual([]);
    });

    test('and so does every series that a panel asks for, so that no "or 0" hides a wrong name', async () => {
      const selectors = [
        ...new Set(QUERIES.flatMap(({ expression }) => [...selectorsOf(expression)])),
      ];
      expect(selectors.length).toBeGreaterThan(50);
      expect(await unanswered(selectors, hasSeries)).toEqual([]);
    });

    test('every variable has values', async () => {
      for (const [selector, label] of DASHBOARDS.flatMap(variableQueries)) {
        const match = new URLSearchParams({ 'match[]': selector });
        const values = await pipeline.prometheus.api(
          `/api/v1/label/${label}/values?${match.toString()}`,
        );
        expect(values).not.toEqual([]);
      }
    });

    test('rules are evaluated without an error, and each recording rule records', async () => {
      const rules = Rules.parse(await pipeline.prometheus.api('/api/v1/rules')).groups.flatMap(
        ({ rules }) => rules,
      );
      expect(rules.filter(({ type }) => type === 'alerting')).toHaveLength(21);
      expect(rules.filter(({ lastError = '' }) => lastError !== '')).toEqual([]);
      const recorded = rules.flatMap(({ type, name }) => (type === 'recording' ? [name] : []));
      const empty = await unanswered(recorded, async (name) => (await numbers(name)).length > 0);
      expect(empty).toEqual([]);
    });

    test('every series that an alert asks for is there', async () => {
      const rules = Rules.parse(await pipeline.prometheus.api('/api/v1/rules')).groups.flatMap(
        ({ rules }) => rules,
      );
      const selectors = [...new Set(rules.flatMap(({ query }) => [...selectorsOf(query)]))];
      expect(selectors.length).toBeGreaterThan(20);
      expect(await unanswered(selectors, hasSeries)).toEqual([]);
    });

    test('agents that fail and agents without a guard raise their alerts', async () => {
      const firing = async (alert: string): Promise<boolean> =>
        (await pipeline.prometheus.query(`ALERTS{alertname="${alert}"}`)).length > 0;
      const silent = await unanswered(
        ['AftertraceAgentWithoutGuard', 'AftertraceToolCallsUnguarded', 'AftertraceToolBroken'],
        firing,
      );
      expect(silent).toEqual([]);
    });

    test('tool calls of guarded agents and those that the companion judged are counted once', async () => {
      const by = async (agent: string, metric: string): Promise<number> =>
        (
          await numbers(`sum(${metric}{gen_ai_agent_name="${agent}",aftertrace_tool_outcome!=""})`)
        )[0] ?? 0;
      // A scrape that came too late on a busy machine hides its series until the next one.
      const uncounted = await unanswered(
        [
          ['py-agent', 'aftertrace_companion_tool_calls_total'],
          ['support-agent', 'traces_span_metrics_calls_total'],
        ] as const,
        async ([agent, metric]) => (await by(agent, metric)) > 0,
      );
      expect(uncounted).toEqual([]);
      expect(await by('py-agent', 'traces_span_metrics_calls_total')).toBe(0);
      expect(await by('support-agent', 'aftertrace_companion_tool_calls_total')).toBe(0);
    });

    test('exemplars carry the trace that a point opens', async () => {
      const Exemplars = z.array(
        z.object({ exemplars: z.array(z.object({ labels: z.object({ trace_id: z.string() }) })) }),
      );
      const now = Date.now() / 1000;
      const search = new URLSearchParams({
        query: 'traces_span_metrics_duration_seconds_bucket{gen_ai_operation_name="execute_tool"}',
        start: String(now - 600),
        end: String(now),
      });
      const found = Exemplars.parse(
        await pipeline.prometheus.api(`/api/v1/query_exemplars?${search.toString()}`),
      );
      const traceId = found[0]?.exemplars[0]?.labels.trace_id ?? '';
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      expect((await pipeline.jaeger.query.trace(traceId)).length).toBeGreaterThan(0);
    });

    test('what the dashboard of one run asks Jaeger finds the failed runs, and their trajectories open', async () => {
      const Traces = z.object({ data: z.array(z.object({ traceID: z.string() })) });
      const search = new URLSearchParams({
        service: 'support',
        tags: JSON.stringify({ 'aftertrace.tool.outcome': 'failed' }),
        limit: '50',
      });
      const response = await fetch(`${pipeline.jaeger.url}/api/traces?${search.toString()}`);
      const traceId = Traces.parse(await response.json()).data[0]?.traceID ?? '';
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      const shown = await until('the line of the trace', async () => {
        const finished = await pipeline.companion.aftertrace('trajectories', 'show', traceId);
        return finished.code === 0 ? finished.stdout : undefined;
      });
      expect(shown).toContain('failed');
    });
  },
);
