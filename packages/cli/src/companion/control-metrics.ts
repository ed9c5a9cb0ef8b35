import { createCounter, type Metric, type NumberPoint } from '@aftertrace/exporter';
import type { Decision, Instance, Override } from '@aftertrace/schema';
import { Attr, GenAi } from '@aftertrace/schema/names';

/** Counts what the control plane is told: decisions, overrides, and which agents have a guard that is connected. */
export interface ControlMetrics {
  decided(decision: Decision): void;
  /** Counted once an override, when it is first told. */
  overridden(override: Override): void;
  /** @param instances processes that the control plane knows */
  metrics(instances: readonly Instance[]): readonly Metric[];
}

const MAX_SERIES = 2000;
const MAX_AGENTS = 500;
const KEYS_KEPT = 10_000;

export function createControlMetrics(): ControlMetrics {
  const decisions = createCounter(MAX_SERIES);
  const overrides = createCounter(MAX_SERIES);
  const told = new Set<string>();
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
    overridden: ({ id, agent, kind, decision, prior }) => {
      if (told.has(id)) return;
      told.add(id);
      const [oldest] = told;
      if (told.size > KEYS_KEPT && oldest !== undefined) told.delete(oldest);
      overrides.add({
        [GenAi.AGENT_NAME]: agent,
        [GenAi.TOOL_NAME]: prior.tool ?? '',
        [Attr.OVERRIDE_KIND]: kind,
        [Attr.OVERRIDE_DECISION]: decision,
        [Attr.OVERRIDE_PRIOR_SOURCE]: prior.source,
      });
    },
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
  const live = new Map<string, number>();
  for (const { agent: agents, connected } of instances) {
    for (const agent of agents.split(', ')) {
      if (!live.has(agent) && live.size >= MAX_AGENTS) continue;
      live.set(agent, (live.get(agent) ?? 0) + (connected ? 1 : 0));
    }
  }
  return [...live].map(([agent, value]) => ({ attributes: { [GenAi.AGENT_NAME]: agent }, value }));
}
