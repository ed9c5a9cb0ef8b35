import type { Actor, PlanSwitch } from '@aftertrace/schema';

import { recording, type ControlCore } from './control-core.ts';
import { refuse, succeed, type ControlResult } from './control-problem.ts';

/** Whether a plan may order containments from now on, and who says so. */
export interface SwitchPlanRequest {
  /** Of the plan, as it names itself when it acts. */
  readonly id: string;
  readonly on: boolean;
  readonly actor: Actor;
  readonly reason: string;
}

/**
 * Lets a plan order containments by itself, in the name of a person, or takes that back. What a plan has ordered stays
 * until a person releases it.
 */
export async function switchPlan(
  core: ControlCore,
  request: SwitchPlanRequest,
): Promise<ControlResult<PlanSwitch>> {
  const { id, on, actor: by, reason } = request;
  if (by.kind !== 'human') {
    return refuse('not_a_person', `${by.id} is of kind ${by.kind}: a person switches plans.`);
  }
  return core.queue.run(`plan:${id}`, async () =>
    recording(core, async () => {
      const known = core.model.plans.get(id);
      // Taken over by another person it is in another name, so that is written down too.
      if (known?.on === on && known.actor.id === by.id) return succeed(known);
      if (known === undefined && core.model.plans.size >= MAX_PLANS) {
        return refuse('overloaded', `${MAX_PLANS} plans are known; no more are taken.`);
      }
      await core.record(
        on ? 'plan.switched_on' : 'plan.switched_off',
        { plan: id, reason, by },
        by,
      );
      const now = core.model.plans.get(id);
      if (now === undefined) throw new Error(`plan ${id} was switched and is not known`);
      return succeed(now);
    }),
  );
}

const MAX_PLANS = 1_000;
