import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

import {
  CHOSEN,
  ofLine,
  ofRow,
  toAllIncidents,
  toIncidents,
  toRuns,
  toToolFailures,
  Uid,
} from './links.ts';
import { newDashboard } from './new-dashboard.ts';
import { grid, lines, number, type Panel } from './panels.ts';
import { CHOSEN_AGENT, grown, RANGE, RATE, series, share } from './queries.ts';
import { agentVariable, companionVariable, serviceVariable, toolVariable } from './variables.ts';

const AGENT = 'gen_ai_agent_name';
const TOOL = 'gen_ai_tool_name';
const VERDICT = 'aftertrace_decision_verdict';
const ACTION = 'aftertrace_decision_action';
const SOURCE = 'aftertrace_decision_source';
const RULE = 'aftertrace_decision_rule';
const KIND = 'aftertrace_override_kind';
const DECIDED = 'aftertrace_override_decision';
const PRIOR = 'aftertrace_override_prior_source';

const CHOSEN_ONES = [CHOSEN_AGENT, 'gen_ai_tool_name=~"$tool"'];
/** In shadow a rule says no and the call runs all the same. */
const SHADOW = `${ACTION}="allow",${VERDICT}!~"allow|flag"`;

function decisions(by: readonly string[], window: string, ...matchers: readonly string[]): string {
  const selector = series('aftertrace_companion_decisions_total', ...CHOSEN_ONES, ...matchers);
  return `sum by (${by.join(', ')}) (${grown(selector, window)})`;
}

function overrides(by: readonly string[], window: string, ...matchers: readonly string[]): string {
  const selector = series('aftertrace_companion_overrides_total', ...CHOSEN_ONES, ...matchers);
  return `sum by (${by.join(', ')}) (${grown(selector, window)})`;
}

/** What policy, containments and people said, and how often people said otherwise. */
export function decisionsAndOverrides(): dashboard.DashboardBuilder {
  return newDashboard({
    uid: Uid.DECISIONS,
    title: 'Aftertrace / Decisions and overrides',
    description:
      'What policy, containments and people decided about tool calls, and what people overrode. Counted by the companion from what agents have proven to it: no sampling touches it.',
    variables: [serviceVariable(), agentVariable(), toolVariable(), companionVariable()],
    panels: [...totals(), ...verdicts(), ...rules(), ...people(), ...guards()],
  });
}

/** The time shown in five numbers. */
function totals(): readonly Panel[] {
  return [
    number({
      title: 'Decisions',
      links: [toRuns({ tool: CHOSEN })],
      description: 'Other than a plain allow.',
      width: 5,
      expr: decisions([], RANGE),
    }),
    number({
      title: 'Refused',
      links: [toRuns({ tool: CHOSEN }), toAllIncidents()],
      description: 'Calls that were blocked or quarantined.',
      width: 5,
      expr: `${decisions([], RANGE, `${ACTION}=~"block|quarantine"`)} or ${decisions([], RANGE)} * 0`,
    }),
    number({
      title: 'Only in shadow',
      links: [toRuns({ tool: CHOSEN })],
      description:
        'Calls that ran although a rule in shadow says otherwise: what enforcing would change.',
      width: 5,
      expr: `${decisions([], RANGE, SHADOW)} or ${decisions([], RANGE)} * 0`,
    }),
    number({
      title: 'Overrides',
      links: [toRuns({ tool: CHOSEN }), toAllIncidents()],
      description: 'Acts of people against a decision already made.',
      width: 4,
      expr: `${overrides([], RANGE, `${KIND}="override"`)} or ${decisions([], RANGE)} * 0`,
    }),
    number({
      title: 'Override rate',
      links: [toRuns({ tool: CHOSEN }), toToolFailures({ tool: CHOSEN })],
      description:
        'Overrides for each decision. Approvals do not count: they answer what was asked. Rising: policy and people disagree.',
      unit: 'percentunit',
      width: 5,
      expr: share(overrides([], RANGE, `${KIND}="override"`), decisions([], RANGE)),
      limits: { warnAt: 0.05, badAt: 0.2 },
    }),
  ];
}

/** What was said and what was done. */
function verdicts(): readonly Panel[] {
  return [
    lines({
      title: 'Decisions by verdict',
      links: [toRuns({ tool: CHOSEN }), toToolFailures({ tool: CHOSEN })],
      description: 'What was said, whether or not it was enforced.',
      width: 12,
      stacked: true,
      queries: [{ expr: decisions([VERDICT], RATE), legend: `{{${VERDICT}}}` }],
    }),
    lines({
      title: 'What was done',
      links: [toRuns({ tool: CHOSEN }), toAllIncidents()],
      description: 'The action, by who decided. "allow" is a rule in shadow, or an approval.',
      width: 12,
      stacked: true,
      queries: [
        { expr: decisions([ACTION, SOURCE], RATE), legend: `{{${ACTION}}} ({{${SOURCE}}})` },
      ],
    }),
  ];
}

/** A row a rule. */
function rules(): readonly Panel[] {
  return [
    grid({
      title: 'Rules',
      description: 'Which rule decided about which tool. The name of a tool opens its traces.',
      width: 24,
      labels: {
        [RULE]: 'Rule',
        [AGENT]: 'Agent',
        [TOOL]: 'Tool',
        [VERDICT]: 'Verdict',
        [ACTION]: 'Done',
        [SOURCE]: 'Source',
      },
      columns: [
        {
          title: 'Decisions',
          expr: decisions([RULE, AGENT, TOOL, VERDICT, ACTION, SOURCE], RANGE),
        },
      ],
      links: [
        toRuns({ agent: ofRow('Agent'), tool: ofRow('Tool') }),
        toToolFailures({ agent: ofRow('Agent'), tool: ofRow('Tool') }),
        toIncidents({ agent: ofRow('Agent'), tool: ofRow('Tool') }),
      ],
    }),
  ];
}

/** What people did. */
function people(): readonly Panel[] {
  return [
    lines({
      title: 'Overrides and approvals',
      description: 'What people decided.',
      width: 12,
      stacked: true,
      queries: [{ expr: overrides([KIND, DECIDED], RATE), legend: `{{${KIND}}} {{${DECIDED}}}` }],
      links: [toRuns({ tool: CHOSEN }), toAllIncidents()],
    }),
    grid({
      title: 'Whom people overrode',
      description: 'Whose decision it was before: the agent’s, a policy’s, a containment’s.',
      width: 12,
      labels: {
        [AGENT]: 'Agent',
        [TOOL]: 'Tool',
        [KIND]: 'Kind',
        [DECIDED]: 'Decision',
        [PRIOR]: 'Before',
      },
      columns: [{ title: 'Acts', expr: overrides([AGENT, TOOL, KIND, DECIDED, PRIOR], RANGE) }],
      links: [
        toRuns({ agent: ofRow('Agent'), tool: ofRow('Tool') }),
        toIncidents({ agent: ofRow('Agent'), tool: ofRow('Tool') }),
      ],
    }),
  ];
}

/** Whom decisions can reach. */
function guards(): readonly Panel[] {
  return [
    lines({
      title: 'Live guards',
      description: 'Processes whose guard is connected to the companion, by agent.',
      width: 24,
      queries: [
        {
          expr: `sum by (${AGENT}) (${series('aftertrace_companion_guards_live', CHOSEN_AGENT)})`,
          legend: `{{${AGENT}}}`,
        },
      ],
      links: [toToolFailures({ agent: ofLine(AGENT) })],
    }),
  ];
}
