import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

import { dashboardLinks } from './links.ts';
import type { Panel } from './panels.ts';
import { metricsSource } from './variables.ts';

interface DashboardFacts {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly cog.Builder<dashboard.VariableModel>[];
  /** From left to right, from top to bottom. */
  readonly panels: readonly Panel[];
}

/** What all dashboards share. */
export function newDashboard(facts: DashboardFacts): dashboard.DashboardBuilder {
  const builder = new dashboard.DashboardBuilder(facts.title)
    .uid(facts.uid)
    .description(facts.description)
    .tags(['aftertrace', 'gen_ai'])
    .time({ from: 'now-6h', to: 'now' })
    .refresh('1m')
    .timezone('browser')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .withVariable(metricsSource())
    .link(dashboardLinks());
  for (const variable of facts.variables) builder.withVariable(variable);
  for (const panel of facts.panels) builder.withPanel(panel);
  return builder;
}
