import type { Containment, Finding } from '@aftertrace/schema';

/**
 * Whether a refused call is only the effect of an exercise: every containment that covers it now is a drill. Such a finding
 * is recorded and pages nobody.
 */
export function isDrillAtWork(finding: Finding, containments: readonly Containment[]): boolean {
  if (finding.kind !== 'decision' || finding.rule !== 'containment') return false;
  const covering = containments.filter(
    ({ scope, mode }) =>
      mode === 'enforce' &&
      (scope === 'global' ||
        ((scope.agent === undefined || scope.agent === finding.agent) &&
          (scope.tool === undefined || scope.tool === finding.tool))),
  );
  return covering.length > 0 && covering.every(({ drill }) => drill);
}
