import type { RefusedAccess } from '@aftertrace/control';
import { createCounter, type Metric, type NumberPoint } from '@aftertrace/exporter';
import { ControlPath, type Decision, type Instance, type Override } from '@aftertrace/schema';
import { Attr, GenAi } from '@aftertrace/schema/names';

/** Counts what the control plane is told: decisions, overrides, and which agents have a guard that is connected. */
export interface ControlMetrics {
  decided(decision: Decision): void;
  /** Each once: not again when its outcome is known. */
  overridden(override: Override): void;
  refused(refusal: RefusedAccess): void;
  /** @param instances processes that the control plane knows */
  metrics(instances: readonly Instance[]): readonly Metric[];
}

const MAX_SERIES = 2000;
const MAX_AGENTS = 500;
const MAX_CAUSES = 100;

export function createControlMetrics(): ControlMetrics {
  const decisions = createCounter(MAX_SERIES);
  const overrides = createCounter(MAX_SERIES);
  const refusals = createCounter(MAX_CAUSES);
  return {
    decided: ({ agent, tool, verdict, action, source, rule = '' }) =>
      decisions.add({
        [GenAi.AGENT_NAME]: agent,
        [GenAi.TOOL_NAME]: tool,
        [Attr.DECISION_VERDICT]: verdict,
        [Attr.DECISION_ACTION]: action,
        [Attr.DECISION_SOURCE]: source,
        [Attr.DECISION_RULE]: rule,
      }),
    overridden: ({ agent, kind, decision, prior }) =>
      overrides.add({
        [GenAi.AGENT_NAME]: agent,
        [GenAi.TOOL_NAME]: prior.tool ?? '',
        [Attr.OVERRIDE_KIND]: kind,
        [Attr.OVERRIDE_DECISION]: decision,
        [Attr.OVERRIDE_PRIOR_SOURCE]: prior.source,
      }),
    refused: ({ cause, path }) =>
      refusals.add({ cause, evidence: String(path === ControlPath.EVIDENCE) }),
    metrics: (instances) => [
      {
        name: 'aftertrace.companion.decisions',
        description: 'Decisions other than a plain allow, as agents have proven them.',
        unit: '{decision}',
        kind: 'counter',
        points: decisions.points(),
      },
      {
        name: 'aftertrace.companion.overrides',
        description: 'Overrides and approvals of people, each once.',
        unit: '{override}',
        kind: 'counter',
        points: overrides.points(),
      },
      {
        name: 'aftertrace.companion.refusals',
        description: 'Requests that were turned away, by cause, evidence of agents told apart.',
        unit: '{request}',
        kind: 'counter',
        points: refusals.points(),
      },
      {
        name: 'aftertrace.companion.guards.live',
        description: 'Processes whose guard is connected now, by agent.',
        unit: '{process}',
        kind: 'gauge',
        points: liveGuards(instances),
      },
    ],
  };
}

/**
 * An agent whose processes are all gone stays, with 0, as long as they are known. A process tells its agents as one
 * text: a name with ", " in it is counted as two.
 */
function liveGuards(instances: readonly Instance[]): readonly NumberPoint[] {
  const live = createCounter(MAX_AGENTS);
  for (const { agent: agents, connected } of instances)
    for (const agent of agents.split(', '))
      live.add({ [GenAi.AGENT_NAME]: agent }, connected ? 1 : 0);
  return live.points();
}
