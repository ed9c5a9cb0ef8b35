import type { ControlModel } from '../control-model.ts';

/** Everything in a model that is not settled: no entry that is removed from the log may take any of it along. */
export function openMatters(model: ControlModel, nowMillis: number): object {
  const { approvals, containments, quarantine, rollback } = model;
  const running = [...rollback.rollbacks.values()].filter(({ state }) => state === 'running');
  const open = [...approvals.values()].filter(
    ({ state, answer, resumedAs }) =>
      resumedAs === undefined &&
      (state === 'pending' || (answer !== undefined && model.openOverrides.has(answer.override))),
  );
  return {
    revision: model.revision,
    policy: model.policy,
    plans: [...model.plans],
    proposals: [...model.proposals],
    containments: [...containments.values()].filter(
      ({ containment, expired }) => !expired && containment.released === undefined,
    ),
    active: model.active(nowMillis),
    approvals: open.toSorted((a, b) => a.request.id.localeCompare(b.request.id)),
    openOverrides: [...model.openOverrides].toSorted(([a], [b]) => a.localeCompare(b)),
    overrides: [...model.openOverrides.keys()].toSorted().map((id) => model.overrides.get(id)),
    quarantine: quarantine
      .list()
      .filter(({ word }) => word === undefined || word.usedBy === undefined)
      .filter(({ word }) => word?.decision !== 'discard'),
    running,
    effects: running.flatMap(({ undo }) => undo.map((id) => rollback.effects.get(id))),
    evidence: [...model.evidence]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([instance, one]) => [instance, one.last, one.missing()]),
  };
}
