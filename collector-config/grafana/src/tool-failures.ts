import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

import {
  CHOSEN,
  ofLine,
  ofRow,
  toAllIncidents,
  toDecisions,
  toIncidents,
  toRuns,
  Uid,
} from './links.ts';
import { newDashboard } from './new-dashboard.ts';
import { grid, lines, number, type Panel } from './panels.ts';
import {
  FAILED,
  quantile,
  RAN,
  RANGE,
  RATE,
  share,
  SPAN_DURATION,
  spans,
  toolCalls,
} from './queries.ts';
import {
  agentVariable,
  companionVariable,
  serviceVariable,
  textVariable,
  toolVariable,
} from './variables.ts';

const AGENT = 'gen_ai_agent_name';
const TOOL = 'gen_ai_tool_name';
const CLASS = 'aftertrace_tool_failure_class';
const CERTAINTY = 'aftertrace_tool_failure_certainty';
const OUTCOME = 'aftertrace_tool_outcome';
const CHOSEN_TOOL = 'gen_ai_tool_name=~"$tool"';

const calls = (by: readonly string[], window: string, ...matchers: readonly string[]): string =>
  toolCalls(by, window, CHOSEN_TOOL, ...matchers);
const failed = (by: readonly string[], window: string): string => calls(by, window, FAILED);
const ran = (by: readonly string[], window: string): string => calls(by, window, RAN);
/** What error budgets pay for: likely failures, which a heuristic says, are not in it. */
const certain = (window: string): string =>
  calls([AGENT], window, FAILED, 'aftertrace_tool_failure_certainty="certain"');
const burn = (window: string): string =>
  `${share(certain(window), ran([AGENT], window))} / $budget`;

/** Which tools fail, how, and how fast that uses up what was allowed. */
export function toolFailures(): dashboard.DashboardBuilder {
  return newDashboard({
    uid: Uid.TOOL_FAILURES,
    title: 'Aftertrace / Tool failures',
    description:
      'Which tools fail, of what class, how certain that is, and how fast it uses up the error budget.',
    variables: [
      serviceVariable(),
      agentVariable(),
      toolVariable(),
      textVariable('budget', 'Error budget (share of calls)', '0.05'),
      companionVariable(),
    ],
    panels: [...totals(), ...byTool(), ...whatFailed(), ...kinds(), ...burning()],
  });
}

/** The time shown in four numbers. */
function totals(): readonly Panel[] {
  return [
    number({
      title: 'Failed calls',
      links: [toRuns({ tool: CHOSEN }), toAllIncidents()],
      description: 'Certain and likely failures in the time shown.',
      width: 6,
      expr: `${failed([], RANGE)} or ${ran([], RANGE)} * 0`,
      limits: { warnAt: 1, badAt: 20 },
    }),
    number({
      title: 'Share that failed',
      links: [toRuns({ tool: CHOSEN }), toAllIncidents()],
      description: 'Of the calls that ran: refused and cancelled ones are left out.',
      unit: 'percentunit',
      width: 6,
      expr: share(failed([], RANGE), ran([], RANGE)),
      limits: { warnAt: 0.05, badAt: 0.2 },
    }),
    number({
      title: 'Likely, not certain',
      links: [toRuns({ tool: CHOSEN })],
      description:
        'Share of the failures that only a text says. They set no error status and burn no budget.',
      unit: 'percentunit',
      width: 6,
      expr: share(calls([], RANGE, FAILED, `${CERTAINTY}="likely"`), failed([], RANGE)),
    }),
    number({
      title: 'Refused calls',
      links: [toDecisions({ tool: CHOSEN }), toAllIncidents()],
      description: 'Calls that policy, a containment or a person refused.',
      width: 6,
      expr: `${calls([], RANGE, `${OUTCOME}="denied"`)} or ${ran([], RANGE)} * 0`,
    }),
  ];
}

/** Which tools. */
function byTool(): readonly Panel[] {
  return [
    lines({
      title: 'Failures by tool',
      description: 'A line opens the traces of that agent and tool.',
      width: 12,
      stacked: true,
      queries: [{ expr: failed([AGENT, TOOL], RATE), legend: `{{${AGENT}}} · {{${TOOL}}}` }],
      links: [
        toRuns({ agent: ofLine(AGENT), tool: ofLine(TOOL) }),
        toDecisions({ agent: ofLine(AGENT), tool: ofLine(TOOL) }),
        toIncidents({ agent: ofLine(AGENT), tool: ofLine(TOOL) }),
      ],
    }),
    lines({
      title: 'Share of calls that failed',
      description: 'By tool, of the calls that ran.',
      unit: 'percentunit',
      width: 12,
      max: 1,
      queries: [
        {
          expr: share(failed([AGENT, TOOL], RATE), ran([AGENT, TOOL], RATE)),
          legend: `{{${AGENT}}} · {{${TOOL}}}`,
        },
      ],
      links: [
        toRuns({ agent: ofLine(AGENT), tool: ofLine(TOOL) }),
        toIncidents({ agent: ofLine(AGENT), tool: ofLine(TOOL) }),
      ],
    }),
  ];
}

/** Each failure by tool, class and certainty. */
function whatFailed(): readonly Panel[] {
  return [
    grid({
      title: 'What failed',
      description: 'Failures in the time shown. The name of a tool opens its traces.',
      width: 24,
      labels: { [AGENT]: 'Agent', [TOOL]: 'Tool', [CLASS]: 'Class', [CERTAINTY]: 'Certainty' },
      columns: [{ title: 'Failures', expr: failed([AGENT, TOOL, CLASS, CERTAINTY], RANGE) }],
      links: [
        toRuns({ agent: ofRow('Agent'), tool: ofRow('Tool') }),
        toDecisions({ agent: ofRow('Agent'), tool: ofRow('Tool') }),
        toIncidents({ agent: ofRow('Agent'), tool: ofRow('Tool') }),
      ],
    }),
  ];
}

/** What went wrong, and how long it took. */
function kinds(): readonly Panel[] {
  return [
    lines({
      title: 'Failures by class',
      links: [toRuns({ tool: CHOSEN }), toAllIncidents()],
      description: 'What went wrong.',
      width: 8,
      stacked: true,
      queries: [{ expr: failed([CLASS], RATE), legend: `{{${CLASS}}}` }],
    }),
    lines({
      title: 'Outcomes',
      links: [toRuns({ tool: CHOSEN }), toDecisions({ tool: CHOSEN })],
      description: 'All calls by what became of them.',
      width: 8,
      stacked: true,
      queries: [{ expr: calls([OUTCOME], RATE), legend: `{{${OUTCOME}}}` }],
    }),
    lines({
      title: 'Duration of tool calls',
      description: '95th percentile. Points are single calls and open their trace.',
      unit: 's',
      width: 8,
      exemplars: true,
      queries: [
        {
          expr: quantile(0.95, spans(SPAN_DURATION, 'execute_tool', CHOSEN_TOOL), [TOOL]),
          legend: `{{${TOOL}}}`,
        },
      ],
      links: [toRuns({ tool: ofLine(TOOL) })],
    }),
  ];
}

/** What it costs. */
function burning(): readonly Panel[] {
  return [
    lines({
      title: 'Burn rate of the error budget',
      description:
        '1: the budget is used up just as fast as it comes. The rules warn at 14.4 (5 minutes and 1 hour) and at 6 (30 minutes and 6 hours). Only certain failures count.',
      width: 24,
      queries: ['5m', '1h', '6h'].map((window) => ({
        expr: burn(window),
        legend: `${window} {{${AGENT}}}`,
      })),
      links: [toRuns({ agent: ofLine(AGENT) }), toIncidents({ agent: ofLine(AGENT) })],
    }),
  ];
}
