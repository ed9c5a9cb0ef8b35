import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { allDashboards, type DashboardFile } from '@aftertrace-config/grafana/dashboards';
import { until } from '@aftertrace-examples/first-flight/processes';
import { z } from 'zod';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startGrafana, type Grafana } from '../harness/start-grafana.ts';
import { describeWith } from '../programs/describe-with.ts';
import { withVariables } from './dashboard-queries.ts';
import { startPipeline } from './pipeline-for-queries.ts';

const PATIENCE_MILLIS = 150_000;

const Dashboard = z.object({
  uid: z.string(),
  panels: z.array(
    z.looseObject({
      title: z.string().optional(),
      targets: z
        .array(z.looseObject({ refId: z.string(), expr: z.string().optional() }))
        .optional(),
    }),
  ),
});
const Answer = z.object({
  results: z.record(
    z.string(),
    z.object({
      error: z.string().optional(),
      frames: z
        .array(
          z.object({
            schema: z.object({ fields: z.array(z.object({ type: z.string() })) }),
            data: z.object({ values: z.array(z.array(z.unknown())) }),
          }),
        )
        .optional(),
    }),
  ),
});

/** As it is committed, without what the types of the SDK say. */
function written({ dashboard }: DashboardFile): z.infer<typeof Dashboard> {
  return Dashboard.parse(JSON.parse(JSON.stringify(dashboard)));
}

/** What the example mounts: the one for Tempo is imported instead of Jaeger's, at the same address. */
const DASHBOARDS = allDashboards()
  .filter(({ file }) => file.startsWith('dashboards/'))
  .map(written);
/** What its pages put in for variables, before they ask. */
const chosen = (expr: string): object => ({
  expr: withVariables(expr),
  datasource: { type: 'prometheus', uid: 'prometheus' },
});
const QUERIES = DASHBOARDS.flatMap(({ uid, panels }) =>
  panels.flatMap(({ title = '', targets = [] }) =>
    targets.flatMap((target) =>
      target.expr === undefined
        ? []
        : [{ of: `${uid}: ${title}`, target: { ...target, ...chosen(target.expr) } }],
    ),
  ),
);

describeWith(
  ['collector', 'jaeger', 'prometheus', 'grafana'],
  'a Grafana that is provisioned as in the example',
  (programs) => {
    const ends: (() => Promise<void>)[] = [];
    let grafana: Grafana;

    beforeAll(async () => {
      const dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-grafana-'));
      ends.push(() => rm(dir, { recursive: true, force: true }));
      const { prometheus, jaeger, stop } = await startPipeline({ dir, programs });
      ends.push(stop);
      grafana = await startGrafana({
        program: programs.grafana.program,
        dir,
        prometheus: prometheus.url,
        jaeger: jaeger.url,
      });
      ends.push(grafana.stop);
    });
    afterAll(async () => {
      for (const end of ends.toReversed()) await end();
    });

    test('has every dashboard, with the panels that are committed', async () => {
      for (const { uid, panels } of DASHBOARDS) {
        // It provisions when it is up.
        const shown = await until(`the dashboard ${uid}`, async () => {
          const { status, body } = await grafana.api(`/api/dashboards/uid/${uid}`);
          return status === 200 ? z.object({ dashboard: Dashboard }).parse(body) : undefined;
        });
        expect(shown.dashboard.panels).toEqual(panels);
      }
    });

    test('answers every query of every panel from Prometheus, with data', async () => {
      expect(QUERIES.length).toBeGreaterThan(60);
      let open = QUERIES;
      const errors: unknown[] = [];
      const ask = async ({ of, target }: (typeof QUERIES)[number]): Promise<boolean> => {
        const queries = [{ ...target, intervalMs: 1000, maxDataPoints: 300 }];
        const { status, body } = await grafana.api('/api/ds/query', {
          queries,
          from: 'now-10m',
          to: 'now',
        });
        const result = status === 200 ? Answer.parse(body).results[target.refId] : undefined;
        if (result === undefined || result.error !== undefined) errors.push({ of, status, body });
        return (result?.frames ?? []).some(({ schema, data }) =>
          schema.fields.some(
            ({ type }, at) => type === 'number' && data.values[at]?.some(Number.isFinite),
          ),
        );
      };
      await until(
        'answers',
        async () => {
          const answered: boolean[] = [];
          for (const query of open) answered.push(await ask(query));
          open = open.filter((_, index) => answered[index] !== true);
          return open.length === 0 || errors.length > 0 ? true : undefined;
        },
        PATIENCE_MILLIS,
      ).catch(() => undefined);
      expect(errors).toEqual([]);
      expect(open.map(({ of }) => of)).toEqual([]);
    });

    test('reaches Jaeger by its data source', async () => {
      const { status, body } = await grafana.api('/api/datasources/proxy/uid/jaeger/api/services');
      expect(status).toBe(200);
      expect(z.object({ data: z.array(z.string()) }).parse(body).data).toContain('support');
    });
  },
);
