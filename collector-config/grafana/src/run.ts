import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

import { toTrajectory, Uid } from './links.ts';
import { newDashboard } from './new-dashboard.ts';
import { words, type Panel } from './panels.ts';
import { jaegerStore, tempoStore, type TraceStore } from './trace-stores.ts';
import {
  agentVariable,
  companionVariable,
  oneServiceVariable,
  sourceVariable,
  textVariable,
  toolVariable,
} from './variables.ts';

/** One run by its trace id, for those whose traces are in Jaeger. */
export const runInJaeger = (): dashboard.DashboardBuilder => oneRun(jaegerStore());

/** The same for Tempo. It has the same uid: links find whichever of the two is there. */
export const runInTempo = (): dashboard.DashboardBuilder => oneRun(tempoStore());

/** What nobody knows before a trace is chosen. */
const NO_TRACE = '00000000000000000000000000000000';

function oneRun(store: TraceStore): dashboard.DashboardBuilder {
  return newDashboard({
    uid: Uid.RUN,
    title: 'Aftertrace / One run',
    description: `Finds runs whose tool calls failed, and shows one by its trace id: its trace in ${store.name}, its trajectory, its incident.`,
    variables: [
      sourceVariable('traces', 'Traces', store.kind),
      oneServiceVariable(),
      agentVariable(),
      toolVariable(),
      textVariable('trace_id', 'Trace id', NO_TRACE),
      companionVariable(),
    ],
    panels: [
      words({ title: 'Where to look', markdown: WORDS, width: 24, height: 10 }),
      tracesPanel(store),
      searchPanel(store),
    ],
  });
}

const TRAJECTORY_OF_THIS = '${companion:raw}/trajectories?trace=${trace_id:percentencode}';
const INCIDENTS = '${companion:raw}/incidents';

const WORDS = `Choose a trace in the list below, or put its id into **Trace id**. Then:

- [the trajectory of this trace](${TRAJECTORY_OF_THIS}), at the companion: steps, outcomes, decisions, overrides, and links to its incidents;
- [all incidents](${INCIDENTS}).

The companion asks for a user name and a password: any name, and a token that may read. On its machine, without a browser:

| what | how |
| --- | --- |
| the trajectory of this trace: steps, outcomes, decisions, overrides, incidents | \`aftertrace trajectories show TRACE_ID\` |
| failed runs like these | \`aftertrace trajectories list --outcome failure --since 2h\`, with \`--agent NAME --tool NAME\` |
| the incidents that are open | \`aftertrace incidents list\`, then \`aftertrace incidents show ID\` |
| stop this tool now | \`aftertrace revoke TOOL --agent NAME --ttl 15m --reason "…"\` |

Traces that head sampling left out are in the trajectory all the same where the agent has a guard; they have no trace here.`;

/** All spans of the trace, as Grafana shows traces. */
function tracesPanel(store: TraceStore): Panel {
  return new dashboard.PanelBuilder()
    .type('traces')
    .title('Trace')
    .description('The run as its agent told it. Attributes of a span: click it.')
    .datasource(store.source)
    .height(18)
    .span(24)
    .links([toTrajectory('${trace_id:percentencode}')])
    .withTarget(store.byId('${trace_id}'));
}

function searchPanel(store: TraceStore): Panel {
  const here = new dashboard.DashboardLinkBuilder('Show this run')
    .type(dashboard.DashboardLinkType.Link)
    .url(
      `/d/${Uid.RUN}?\${__url_time_range}&\${metrics:queryparam}&\${traces:queryparam}&\${service:queryparam}&\${agent:queryparam}&\${tool:queryparam}&var-trace_id=\${__value.raw}`,
    )
    .build();
  return new dashboard.PanelBuilder()
    .type('table')
    .title('Runs with failed tool calls')
    .description(
      'The newest of the service in the time shown. A trace id opens the run above, or its trajectory at the companion.',
    )
    .datasource(store.source)
    .height(10)
    .span(24)
    .fieldConfig({
      defaults: {},
      overrides: [
        {
          matcher: { id: 'byName', options: store.traceIdField },
          properties: [{ id: 'links', value: [here, toTrajectory('${__value.raw}').build()] }],
        },
      ],
    })
    .withTarget(store.failed());
}
