import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

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
    { file: 'dashboards/agents.json', dashboard: agentsOverview().build() },
    { file: 'dashboards/tool-failures.json', dashboard: toolFailures().build() },
    { file: 'dashboards/decisions.json', dashboard: decisionsAndOverrides().build() },
    { file: 'dashboards/companion.json', dashboard: companionHealth().build() },
    { file: 'dashboards/run.json', dashboard: runInJaeger().build() },
    { file: 'tempo/run.json', dashboard: runInTempo().build() },
  ];
}

/** As it stands in the file. */
export function textOf({ dashboard }: DashboardFile): string {
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}
