import type { ContributingFactor, CorrectiveAction, Incident } from '@aftertrace/schema';

import { plain } from './plain-text.ts';

interface Facts {
  readonly incident: Incident;
  readonly failuresWithCleanSpan: number;
  readonly contained: boolean;
}

type Proposal = Pick<CorrectiveAction, 'type' | 'text' | 'verification'>;

/** What is worth considering, by what the incident is. Proposals, never conclusions: a person takes or drops each. */
function proposalsFor({ incident, failuresWithCleanSpan, contained }: Facts): readonly Proposal[] {
  const tool = incident.tool === undefined ? 'the tool' : plain(incident.tool);
  const proposals: Proposal[] = [];
  if (incident.kind === 'tool_failure' || incident.kind === 'run_failure') {
    proposals.push(
      {
        type: 'prevent',
        text: `Fix or replace what makes ${tool} fail with "${incident.class ?? 'other'}".`,
        verification: 'No finding with this fingerprint for two weeks after the change.',
      },
      {
        type: 'mitigate',
        text: `Draft a policy rule for ${tool} that refuses or escalates calls of this kind.`,
        verification:
          'Backtest over the recorded runs: it stops calls of failed runs, and none of good ones that it should not.',
      },
    );
  }
  if (incident.kind === 'decision') {
    proposals.push({
      type: 'prevent',
      text: `Find out why the agent proposed ${tool} where policy does not allow it; change the prompt, the tool's description or the rule.`,
      verification:
        'Refusals by this rule fall to none over two weeks, with the rule still in force.',
    });
  }
  if (incident.kind === 'loop') {
    proposals.push({
      type: 'prevent',
      text: `Limit how often ${tool} may be called with the same arguments in one run.`,
      verification: 'Backtest: the recorded loop is stopped at the limit.',
    });
  }
  if (failuresWithCleanSpan > 0) {
    proposals.push({
      type: 'detect',
      text: `Let ${tool} report failures as errors: ${failuresWithCleanSpan} of them came as normal results, so span status and error rates did not show them.`,
      verification: 'A failing call sets the span status to ERROR.',
    });
  }
  if (contained) {
    proposals.push({
      type: 'process',
      text: 'Decide when the containment may be released, and by whom.',
      verification: 'The containment is released with a reason, or has become a policy rule.',
    });
  }
  return proposals;
}

/** Corrective actions to start from, each marked as generated. */
export function proposedActions(facts: Facts): CorrectiveAction[] {
  return proposalsFor(facts).map((proposal, index) => ({
    ...proposal,
    id: `A${index + 1}`,
    status: 'proposed',
    generated: true,
  }));
}

/** Factors to start from, each marked as generated. Several, since there is seldom one cause. */
export function proposedFactors({ incident, failuresWithCleanSpan }: Facts): ContributingFactor[] {
  const tool = incident.tool === undefined ? 'a tool' : plain(incident.tool);
  const factor = (category: ContributingFactor['category'], text: string): ContributingFactor => ({
    category,
    text,
    generated: true,
  });
  const factors: ContributingFactor[] = [];
  if (incident.kind === 'tool_failure' || incident.kind === 'circuit_open') {
    factors.push(
      factor('tool_api', `How did ${tool} come to fail with "${incident.class ?? 'other'}"?`),
    );
  }
  if (incident.kind === 'decision') {
    factors.push(
      factor('prompt_context', `What in its context led the agent to propose ${tool}?`),
      factor('policy_permission', `Is the rule that refused ${tool} drawn where it should be?`),
    );
  }
  if (incident.kind === 'loop') {
    factors.push(factor('orchestration_loop', `What kept the agent calling ${tool}?`));
  }
  if (failuresWithCleanSpan > 0) {
    factors.push(
      factor(
        'tool_api',
        `${failuresWithCleanSpan} failures were told inside a normal result: what would have shown them sooner?`,
      ),
    );
  }
  return factors;
}
