import type { ControlEntry } from './audit-data.ts';
import type { ContainmentProgress } from './containment-progress.ts';
import type { ContainmentRecord, ControlModel } from './control-model.ts';
import type { ControlPlaneOptions } from './control-plane.ts';

type Listeners = Pick<ControlPlaneOptions, 'onContainment' | 'onOverride' | 'onDecision'>;

/** Whom to tell, and what is known by then. */
export interface Told extends Listeners {
  readonly model: ControlModel;
  readonly progressOf: (record: ContainmentRecord) => ContainmentProgress;
}

/** Tells who composes the companion of a fact that has been recorded. What a listener throws is the caller's. */
export function tellListeners(entry: ControlEntry, told: Told): void {
  const { onContainment, onOverride, onDecision, model } = told;
  switch (entry.type) {
    case 'containment.requested':
    case 'containment.effective':
    case 'containment.unreachable':
    case 'containment.staged':
    case 'containment.released':
    case 'containment.expired': {
      const { containment } = entry.data;
      const id = typeof containment === 'string' ? containment : containment.id;
      const record = model.containments.get(id);
      if (record !== undefined) onContainment?.(told.progressOf(record), entry.type);
      return;
    }
    case 'override':
    case 'override.outcome': {
      const { override } = entry.data;
      const id = typeof override === 'string' ? override : override.id;
      const record = model.overrides.get(id);
      // The first record of an id stands, so it is this one or an older one.
      if (record !== undefined) onOverride?.(record, record === override);
      return;
    }
    case 'decision': {
      const { decision, instance, agent } = entry.data;
      onDecision?.(decision, { instance, agent });
      return;
    }
    default:
  }
}
