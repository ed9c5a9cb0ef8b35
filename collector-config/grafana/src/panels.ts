import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as text from '@grafana/grafana-foundation-sdk/text';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

import type { DataLink } from './links.ts';
import { METRICS } from './variables.ts';

/** A panel that can still be placed. */
export type Panel = cog.Builder<dashboard.Panel>;

/** What every panel says of itself. */
export interface PanelFacts {
  readonly title: string;
  /** What it shows and when to look closer; behind the (i). */
  readonly description: string;
  /** Grafana's name of a unit; default: a plain number. */
  readonly unit?: string;
  /** In twenty-fourths of the screen. */
  readonly width: number;
}

interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** Numbers at which something turns yellow and red. */
interface Limits {
  readonly warnAt: number;
  readonly badAt: number;
}

/** One number that sums up what is on the screen. */
export function number(
  facts: PanelFacts & {
    readonly expr: string;
    readonly limits?: Limits;
    /** What is behind the number. */
    readonly links?: readonly DataLink[];
  },
): Panel {
  const { limits } = facts;
  return new stat.PanelBuilder()
    .title(facts.title)
    .description(facts.description)
    .datasource(METRICS)
    .unit(facts.unit ?? 'short')
    .noValue('0')
    .height(4)
    .span(facts.width)
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(
      limits === undefined ? common.BigValueColorMode.None : common.BigValueColorMode.Value,
    )
    .thresholds(thresholds(limits))
    .dataLinks([...(facts.links ?? [])])
    .withTarget(query('A').expr(facts.expr).instant().legendFormat(facts.title));
}

/** Lines over time. Links stand on each line. */
export function lines(
  facts: PanelFacts & {
    readonly queries: readonly Query[];
    readonly links?: readonly DataLink[];
    readonly stacked?: boolean;
    /** Runs behind the numbers, as points that open a trace. */
    readonly exemplars?: boolean;
    readonly max?: number;
  },
): Panel {
  const panel = new timeseries.PanelBuilder()
    .title(facts.title)
    .description(facts.description)
    .datasource(METRICS)
    .unit(facts.unit ?? 'short')
    .min(0)
    .height(8)
    .span(facts.width)
    .fillOpacity(facts.stacked === true ? 30 : 0)
    .showPoints(common.VisibilityMode.Auto)
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi))
    .dataLinks([...(facts.links ?? [])]);
  if (facts.max !== undefined) panel.max(facts.max);
  if (facts.stacked === true)
    panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  facts.queries.forEach(({ expr, legend }, index) => {
    const target = query(refId(index)).expr(expr).range().legendFormat(legend);
    if (facts.exemplars === true) target.exemplar(true);
    panel.withTarget(target);
  });
  return panel;
}

/** A column of a table: one instant query. */
interface Column {
  readonly title: string;
  readonly expr: string;
  readonly unit?: string;
}

/** A row for each combination of labels. Links stand on the cells of the labels. */
export function grid(
  facts: PanelFacts & {
    readonly labels: Readonly<Record<string, string>>;
    readonly columns: readonly Column[];
    readonly links?: readonly DataLink[];
  },
): Panel {
  const { labels, columns, links = [] } = facts;
  const single = columns.length === 1;
  const valueName = (index: number): string => (single ? 'Value' : `Value #${refId(index)}`);
  const renamed = Object.fromEntries([
    ...Object.entries(labels),
    ...columns.map(({ title }, index) => [valueName(index), title] as const),
  ]);
  const panel = new table.PanelBuilder()
    .title(facts.title)
    .description(facts.description)
    .datasource(METRICS)
    .height(8)
    .span(facts.width)
    .filterable(true)
    .sortBy([
      new common.TableSortByFieldStateBuilder().displayName(columns[0]?.title ?? '').desc(true),
    ]);
  columns.forEach(({ expr }, index) =>
    panel.withTarget(
      query(refId(index)).expr(expr).instant().format(prometheus.PromQueryFormat.Table),
    ),
  );
  if (!single) panel.withTransformation({ id: 'merge', options: {} });
  panel.withTransformation({
    id: 'organize',
    options: { excludeByName: { Time: true }, renameByName: renamed },
  });
  for (const { title, unit } of columns)
    panel.overrideByName(title, [{ id: 'unit', value: unit ?? 'short' }]);
  const built = links.map((link) => link.build());
  for (const title of Object.values(labels))
    if (built.length > 0) panel.overrideByName(title, [{ id: 'links', value: built }]);
  return panel;
}

/** Words for a person. */
export function words(facts: {
  readonly title: string;
  readonly markdown: string;
  readonly width: number;
  readonly height: number;
}): Panel {
  return new text.PanelBuilder()
    .title(facts.title)
    .mode(text.TextMode.Markdown)
    .content(facts.markdown)
    .height(facts.height)
    .span(facts.width);
}

function query(refId: string): prometheus.DataqueryBuilder {
  return new prometheus.DataqueryBuilder().refId(refId).datasource(METRICS);
}

function refId(index: number): string {
  return String.fromCodePoint('A'.codePointAt(0)! + index);
}

function thresholds(limits: Limits | undefined): dashboard.ThresholdsConfigBuilder {
  const steps = [
    { value: null, color: 'green' },
    ...(limits === undefined
      ? []
      : [
          { value: limits.warnAt, color: 'orange' },
          { value: limits.badAt, color: 'red' },
        ]),
  ];
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(steps);
}
