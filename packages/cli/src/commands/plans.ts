import { requireActor } from '../actor.ts';
import { connect, valueOf } from '../connect.ts';
import { ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { renderTable } from '../terminal/table.ts';

/** `aftertrace plans`: which plans may order containments, and in whose name. */
export async function listPlans(
  options: { readonly data?: string; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const client = await connect(options.data);
  const plans = valueOf(await client.plans());
  if (options.json) output.out(JSON.stringify(plans));
  else if (plans.length === 0) output.out('no plan was ever switched on: nothing acts by itself');
  else {
    const rows = plans.map(({ id, on, actor, at, reason }) => [
      id,
      on ? 'on' : 'off',
      actor.id,
      at.slice(0, 19).replace('T', ' '),
      reason,
    ]);
    output.out(renderTable(['PLAN', 'STATE', 'BY', 'SINCE (UTC)', 'REASON'], rows));
  }
  return ExitCode.OK;
}

/** `aftertrace plans on ID` and `off ID`. */
export async function switchPlan(
  options: {
    readonly id: string;
    readonly on: boolean;
    readonly actor?: string;
    readonly reason: string;
    readonly data?: string;
    readonly json: boolean;
  },
  output: Output,
): Promise<ExitCode> {
  const { id, on, reason } = options;
  const actor = requireActor(options.actor);
  const client = await connect(options.data);
  const plan = valueOf(await client.switchPlan(id, { on, actor, reason }));
  const text = plan.on
    ? `${plan.id}: on; it may order containments in the name of ${plan.actor.id}`
    : `${plan.id}: off; what it has ordered stands until it is released`;
  output.out(options.json ? JSON.stringify(plan) : sanitize(text, 300));
  return ExitCode.OK;
}
