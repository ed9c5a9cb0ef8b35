import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

import {
  ofLine,
  ofRow,
  toAllIncidents,
  toDecisions,
  toIncidents,
  toRuns,
  toToolFailures,
  Uid,
} from './links.ts';
import { newDashboard } from './new-dashboard.ts';
import { grid, lines, number, type Panel } from './panels.ts';
import {
  CHOSEN_AGENT,
  FAILED,
  grown,
  quantile,
  RAN,
  RANGE,
  RATE,
  series,
  share,
  SPAN_CALLS,
  SPAN_DURATION,
  spans,
  toolCalls,
} from './queries.ts';
import { agentVariable, companionVariable, serviceVariable } from './variables.ts';

const AGENT = 'gen_ai_agent_name';
const RUNS = series('aftertrace_companion_runs_ended_total', CHOSEN_AGENT);
const FAILED_RUNS = series(
  'aftertrace_companion_runs_ended_total',
  CHOSEN_AGENT,
  'aftertrace_run_outcome=~"failure|terminated"',
);
const LIVE = series('aftertrace_companion_guards_live', CHOSEN_AGENT);
const runsBy = (selector: string, window: string): string =>
  `sum by (${AGENT}) (${grown(selector, window)})`;

/** Which agents there are, how their runs end, what their tools and models do. */
export function agentsOverview(): dashboard.DashboardBuilder {
  return newDashboard({
    uid: Uid.AGENTS,
    title: 'Aftertrace / Agents',
    description: 'Which agents run, how their runs end, and where to look closer.',
    variables: [serviceVariable(), agentVariable(), companionVariable()],
    panels: [...totals(), ...agents(), ...outcomes(), ...durations()],
  });
}

/** The time shown in five numbers. */
function totals(): readonly Panel[] {
  return [
    number({
      title: 'Runs',
      links: [toRuns({}), toAllIncidents()],
      description: 'Runs that ended in the time shown, as the companion decided them.',
      width: 4,
      expr: `sum(${grown(RUNS, RANGE)})`,
    }),
    number({
      title: 'Runs that failed',
      links: [toRuns({}), toAllIncidents()],
      description: 'Share of runs with outcome failure or terminated.',
      unit: 'percentunit',
      width: 5,
      expr: share(`sum(${grown(FAILED_RUNS, RANGE)})`, `sum(${grown(RUNS, RANGE)})`),
      limits: { warnAt: 0.05, badAt: 0.2 },
    }),
    number({
      title: 'Tool calls',
      links: [toToolFailures({})],
      description: 'Calls by guarded agents, and those that the companion judged for others.',
      width: 5,
      expr: toolCalls([], RANGE),
    }),
    number({
      title: 'Tool calls that failed',
      links: [toToolFailures({}), toRuns({}), toAllIncidents()],
      description: 'Share of the calls that ran; certain and likely failures.',
      unit: 'percentunit',
      width: 5,
      expr: share(toolCalls([], RANGE, FAILED), toolCalls([], RANGE, RAN)),
      limits: { warnAt: 0.05, badAt: 0.2 },
    }),
    number({
      title: 'Agents without a guard',
      links: [toDecisions({}), toAllIncidents()],
      description:
        'Agents with runs in the time shown, and no process whose guard is connected to the companion now: policies and containments do not reach them. An agent that has just ended counts too.',
      width: 5,
      expr: `count(sum by (${AGENT}) (${grown(RUNS, RANGE)}) > 0 unless on (${AGENT}) ${LIVE} > 0) or vector(0)`,
      limits: { warnAt: 1, badAt: 5 },
    }),
  ];
}

/** A row an agent. */
function agents(): readonly Panel[] {
  return [
    grid({
      title: 'Agents',
      description: 'One row an agent. The cell of its name opens failures, decisions and traces.',
      width: 24,
      labels: { [AGENT]: 'Agent' },
      columns: [
        { title: 'Runs', expr: runsBy(RUNS, RANGE) },
        {
          title: 'Failed runs',
          expr: `${runsBy(FAILED_RUNS, RANGE)} or ${runsBy(RUNS, RANGE)} * 0`,
        },
        { title: 'Tool calls', expr: toolCalls([AGENT], RANGE) },
        {
          title: 'Failed calls',
          expr: share(toolCalls([AGENT], RANGE, FAILED), toolCalls([AGENT], RANGE, RAN)),
          unit: 'percentunit',
        },
        {
          title: 'Live guards',
          expr: `sum by (${AGENT}) (${LIVE}) or ${runsBy(RUNS, RANGE)} * 0`,
        },
      ],
      links: [
        toToolFailures({ agent: ofRow('Agent') }),
        toDecisions({ agent: ofRow('Agent') }),
        toRuns({ agent: ofRow('Agent') }),
        toIncidents({ agent: ofRow('Agent') }),
      ],
    }),
  ];
}

/** How runs and tools end. */
function outcomes(): readonly Panel[] {
  return [
    lines({
      title: 'Runs by outcome',
      links: [toRuns({}), toAllIncidents()],
      description: 'A run whose outcome changed later is counted under both.',
      width: 12,
      stacked: true,
      queries: [
        {
          expr: `sum by (aftertrace_run_outcome) (${grown(RUNS, RATE)})`,
          legend: '{{aftertrace_run_outcome}}',
        },
      ],
    }),
    lines({
      title: 'Tool failures by agent',
      description: 'Share of the calls that ran.',
      unit: 'percentunit',
      width: 12,
      max: 1,
      queries: [
        {
          expr: share(toolCalls([AGENT], RATE, FAILED), toolCalls([AGENT], RATE, RAN)),
          legend: `{{${AGENT}}}`,
        },
      ],
      links: [
        toToolFailures({ agent: ofLine(AGENT) }),
        toRuns({ agent: ofLine(AGENT) }),
        toIncidents({ agent: ofLine(AGENT) }),
      ],
    }),
  ];
}

/** How long runs and models take, and how often models fail. */
function durations(): readonly Panel[] {
  return [
    lines({
      title: 'Duration of runs',
      description: 'Agent spans, median and 95th percentile.',
      unit: 's',
      width: 8,
      exemplars: true,
      queries: [
        {
          expr: quantile(0.5, spans(SPAN_DURATION, 'invoke_agent'), [AGENT]),
          legend: `p50 {{${AGENT}}}`,
        },
        {
          expr: quantile(0.95, spans(SPAN_DURATION, 'invoke_agent'), [AGENT]),
          legend: `p95 {{${AGENT}}}`,
        },
      ],
      links: [toRuns({ agent: ofLine(AGENT) })],
    }),
    lines({
      title: 'Duration of model calls',
      links: [toRuns({})],
      description: '95th percentile by model.',
      unit: 's',
      width: 8,
      exemplars: true,
      queries: [
        {
          expr: quantile(0.95, spans(SPAN_DURATION, MODEL), ['gen_ai_request_model']),
          legend: '{{gen_ai_request_model}}',
        },
      ],
    }),
    lines({
      title: 'Model calls that failed',
      links: [toRuns({}), toAllIncidents()],
      description: 'Share of model calls whose span ended with an error, by model.',
      unit: 'percentunit',
      width: 8,
      max: 1,
      queries: [
        {
          expr: share(modelCalls('status_code="STATUS_CODE_ERROR"'), modelCalls()),
          legend: '{{gen_ai_request_model}}',
        },
      ],
    }),
  ];
}

const MODEL = 'chat|generate_content|text_completion';

function modelCalls(...matchers: readonly string[]): string {
  return `sum by (gen_ai_request_model) (${grown(spans(SPAN_CALLS, MODEL, ...matchers), RATE)})`;
}
