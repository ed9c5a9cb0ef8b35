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

/** What is chosen above the panels: for numbers that are about no agent or tool in particular. */
export const CHOSEN = 'chosen';

/** Whom a link is about; default: the agents that are chosen, and any tool. */
export interface LinkValues {
  readonly agent?: string;
  /** {@link CHOSEN} where the dashboard has tools to choose. */
  readonly tool?: string;
}

function valuesOf({ agent, tool }: LinkValues): string {
  return [
    ...(agent === undefined ? ['&${agent:queryparam}'] : [`&var-agent=${agent}`]),
    ...(tool === undefined ? [] : [tool === CHOSEN ? '&${tool:queryparam}' : `&var-tool=${tool}`]),
  ].join('');
}

export const toToolFailures = (values: LinkValues): DataLink =>
  link('Tool failures', Uid.TOOL_FAILURES, `&\${service:queryparam}${valuesOf(values)}`);

export const toDecisions = (values: LinkValues): DataLink =>
  link('Decisions and overrides', Uid.DECISIONS, valuesOf(values));

/** Traces that failed so; each opens its run: the trace here, the trajectory at the companion. */
export const toRuns = (values: LinkValues): DataLink =>
  link('Traces and trajectories', Uid.RUN, `&\${service:queryparam}${valuesOf(values)}`);

/** The same from a dashboard without agents: those of everybody. */
export const toAllRuns = (): DataLink => link('Traces and trajectories', Uid.RUN, '');
export const toAllAgents = (): DataLink => link('Agents', Uid.AGENTS, '');

/** The companion's pages open beside Grafana; what follows is put behind its address as it is. */
const COMPANION = '${companion:raw}';

function page(title: string, path: string): DataLink {
  return new dashboard.DashboardLinkBuilder(title)
    .type(dashboard.DashboardLinkType.Link)
    .url(`${COMPANION}${path}`)
    .targetBlank(true);
}

/** All incidents: the companion's page is of one agent or tool, and several may be chosen. */
export const toAllIncidents = (): DataLink => page('Incidents', '/incidents');

/** The incidents of an agent, or of one of its tools, each with its runs. */
export const toIncidents = ({ agent, tool }: LinkValues): DataLink =>
  page(
    'Incidents',
    `/incidents?${[
      ...(agent === undefined ? [] : [`agent=${agent}`]),
      ...(tool === undefined ? [] : [`tool=${tool}`]),
    ].join('&')}`,
  );

/** The newest run of a trace: steps, outcomes, decisions, overrides, its incidents. */
export const toTrajectory = (traceId: string): DataLink =>
  page('Trajectory and incidents', `/trajectories?trace=${traceId}`);

/** The other dashboards, in the head of each. */
export function dashboardLinks(): dashboard.DashboardLinkBuilder {
  return new dashboard.DashboardLinkBuilder('Aftertrace')
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags(['aftertrace'])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);
}
