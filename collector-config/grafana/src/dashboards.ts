import type { Dashboard, DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';

import { agentsOverview } from './agents-overview.ts';
import { companionHealth } from './companion-health.ts';
import { decisionsAndOverrides } from './decisions.ts';
import { runInJaeger, runInTempo } from './run.ts';
import { toolFailures } from './tool-failures.ts';

/** A dashboard and the file that it is kept in, from `collector-config/grafana/` on. */
export interface DashboardFile {
  readonly file: string;
  readonly dashboard: Dashboard;
}

export function allDashboards(): readonly DashboardFile[] {
  return [
    fileOf('dashboards/agents.json', agentsOverview()),
    fileOf('dashboards/tool-failures.json', toolFailures()),
    fileOf('dashboards/decisions.json', decisionsAndOverrides()),
    fileOf('dashboards/companion.json', companionHealth()),
    fileOf('dashboards/run.json', runInJaeger()),
    fileOf('tempo/run.json', runInTempo()),
  ];
}

/** As it stands in the file. */
export function textOf({ dashboard }: DashboardFile): string {
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

/** Panels get their numbers here: the builders give none, and Grafana's links to a panel go by them. */
function fileOf(file: string, builder: DashboardBuilder): DashboardFile {
  const dashboard = builder.build();
  const panels = (dashboard.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 }));
  return { file, dashboard: { ...dashboard, panels } };
}
