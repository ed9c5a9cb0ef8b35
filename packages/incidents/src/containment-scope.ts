import type { Containment, Finding } from '@aftertrace/schema';

import type { IncidentFold } from './fold.ts';

/**
 * Whether a containment has to do with an incident: every part of its scope that an incident knows of (agent, tool, run,
 * conversation) is that of the incident, and there is at least one. `global` has to do with all.
 */
export function concerns(containment: Containment, fold: IncidentFold): boolean {
  const { scope } = containment;
  if (scope === 'global') return true;
  const { agent, tool } = fold.opened.finding;
  const checks = [
    scope.agent === undefined ? undefined : scope.agent === agent,
    scope.tool === undefined ? undefined : scope.tool === tool,
    scope.run === undefined ? undefined : fold.runs.has(scope.run),
    scope.conversation === undefined ? undefined : fold.conversations.has(scope.conversation),
  ].filter((check) => check !== undefined);
  return checks.length > 0 && checks.every(Boolean);
}

/** How far a containment is, in a word and numbers: a link is renewed when this changes. */
export function containmentStatus(containment: Containment): string {
  if (containment.released !== undefined) return 'released';
  const { effective, unreachable } = containment;
  if (effective.length === 0 && unreachable.length === 0) return 'requested';
  return `effective in ${effective.length}, unreachable ${unreachable.length}`;
}

/**
 * Whether a finding is only the effect of what was ordered because of this incident: a call that its containment refused is
 * the response at work, not a new problem.
 */
export function isResponseAtWork(finding: Finding, fold: IncidentFold): boolean {
  if (finding.kind !== 'decision' || finding.rule !== 'containment') return false;
  if (finding.agent !== fold.opened.finding.agent) return false;
  return [...fold.containments.values()].some(
    ({ tool }) => tool === undefined || tool === finding.tool,
  );
}
