import type { DashboardFile } from '@aftertrace-config/grafana/dashboards';
import { z } from 'zod';

/** A query of a panel, as Prometheus is asked it. */
export interface PanelQuery {
  readonly dashboard: string;
  readonly panel: string;
  readonly expression: string;
}

/** What Grafana puts in for variables when a person has chosen nothing. */
const VARIABLES: ReadonlyMap<string, string> = new Map([
  ['service', '.*'],
  ['agent', '.*'],
  ['tool', '.*'],
  ['budget', '0.05'],
  ['__rate_interval', '30s'],
  ['__range', '10m'],
]);

const Panels = z.object({
  panels: z.array(
    z.object({
      title: z.string().optional(),
      targets: z.array(z.object({ expr: z.string().optional() })).optional(),
    }),
  ),
});
const Variables = z.object({
  templating: z.object({
    list: z.array(z.object({ type: z.string(), name: z.string(), query: z.unknown() })),
  }),
});

/** Every query of every panel that asks Prometheus. */
export function panelQueries({ file, dashboard }: DashboardFile): readonly PanelQuery[] {
  return Panels.parse(JSON.parse(JSON.stringify(dashboard))).panels.flatMap(
    ({ title = '', targets = [] }) =>
      targets.flatMap(({ expr }) =>
        expr === undefined
          ? []
          : [{ dashboard: file, panel: title, expression: withVariables(expr) }],
      ),
  );
}

/** Selector and label of each variable that Prometheus fills. */
export function variableQueries({
  dashboard,
}: DashboardFile): readonly (readonly [selector: string, label: string])[] {
  const { list } = Variables.parse(JSON.parse(JSON.stringify(dashboard))).templating;
  return list.flatMap(({ type, name, query }) => {
    if (type !== 'query') return [];
    const text = z.object({ query: z.string() }).parse(query).query;
    const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
    if (selector === undefined || label === undefined)
      throw new Error(`${name}: not a query for values of a label: ${text}`);
    return [[selector, label] as const];
  });
}

/** Each selector of a query: a metric with what stands in its braces, or braces that name the metric. */
export function selectorsOf(expression: string): ReadonlySet<string> {
  const named =
    /(?<![\w:"/])(?:aftertrace[_:][\w:]+|traces_span_metrics_\w+|otelcol_\w+|up)(?:\{[^}]*\})?|\{__name__[^}]*\}/g;
  const labels = /\b(?:by|on|without|ignoring)\s*\([^)]*\)/g;
  return new Set(expression.replaceAll('\n', ' ').replaceAll(labels, '').match(named) ?? []);
}

/** What Prometheus is asked when a person has chosen nothing. */
export function withVariables(expression: string): string {
  const text = expression.replaceAll(/\$(\w+)/g, (whole, name: string) => {
    const value = VARIABLES.get(name);
    if (value === undefined) throw new Error(`nothing is known for ${whole} in ${expression}`);
    return value;
  });
  return text;
}
