import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

/** A link on a line or a cell. */
export type DataLink = dashboard.DashboardLinkBuilder;

/** Where dashboards are: Grafana keeps these for good. */
export const Uid = {
  AGENTS: 'aftertrace-agents',
  TOOL_FAILURES: 'aftertrace-tool-failures',
  DECISIONS: 'aftertrace-decisions',
  COMPANION: 'aftertrace-companion',
  RUN: 'aftertrace-run',
} as const;

/** Time range and data sources go along; the rest of the variables where they are named. */
const ALONG = '${__url_time_range}&${metrics:queryparam}';

function link(title: string, uid: string, values: string): DataLink {
  return new dashboard.DashboardLinkBuilder(title)
    .type(dashboard.DashboardLinkType.Link)
    .url(`/d/${uid}?${ALONG}${values}`);
}

/** Where the value of a label stands: on a line of a panel over time, or in a row of a table. */
export const ofLine = (label: string): string => `\${__field.labels.${label}:percentencode}`;
export const ofRow = (title: string): string => `\${__data.fields["${title}"]:percentencode}`;

export interface LinkValues {
  readonly agent?: string;
  readonly tool?: string;
}

function valuesOf({ agent, tool }: LinkValues): string {
  return [
    ...(agent === undefined ? ['&${agent:queryparam}'] : [`&var-agent=${agent}`]),
    ...(tool === undefined ? [] : [`&var-tool=${tool}`]),
  ].join('');
}

export const toToolFailures = (values: LinkValues): DataLink =>
  link('Tool failures', Uid.TOOL_FAILURES, `&\${service:queryparam}${valuesOf(values)}`);

export const toDecisions = (values: LinkValues): DataLink =>
  link('Decisions and overrides', Uid.DECISIONS, valuesOf(values));

/** Traces that failed so; each opens the run: trace, trajectory and incident. */
export const toRuns = (values: LinkValues): DataLink =>
  link('Traces, trajectory and incident', Uid.RUN, `&\${service:queryparam}${valuesOf(values)}`);

/** The other dashboards, in the head of each. */
export function dashboardLinks(): dashboard.DashboardLinkBuilder {
  return new dashboard.DashboardLinkBuilder('Aftertrace')
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags(['aftertrace'])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);
}
