import type { Ack, Actor, Containment, ContainmentInput } from '@aftertrace/schema';

import { recording, type ControlCore } from './control-core.ts';
import { refuse, succeed, type ControlResult } from './control-problem.ts';
import { mayHold } from './instance-registry.ts';

/** A containment to order, with the identity that was verified for whoever orders it. */
export type ContainRequest = Omit<ContainmentInput, 'actor'> & { readonly actor: Actor };

/** Ten years. Longer is a containment without an end. */
const MAX_TTL_MILLIS = 10 * 365 * 24 * 3600 * 1000;

/** Orders a containment. It stands once it is in the ledger; its proof comes with the acknowledgements. */
export async function contain(
  core: ControlCore,
  request: ContainRequest,
): Promise<ControlResult<Containment>> {
  const { ttlMillis } = request;
  const problem = ttlProblem(request);
  if (problem !== undefined) {
    return refuse('invalid_request', problem, [{ path: 'ttlMillis', message: problem }]);
  }
  const nowMillis = core.now();
  const containment: Containment = {
    id: `ctn_${core.randomId()}`,
    kind: request.kind,
    scope: request.scope,
    mode: request.mode ?? 'enforce',
    reason: request.reason,
    actor: request.actor,
    requestedAt: new Date(nowMillis).toISOString(),
    drill: request.drill ?? false,
    inFlight: request.inFlight ?? 'abort',
    effective: [],
    unreachable: [],
    ...(ttlMillis === undefined
      ? {}
      : { expiresAt: new Date(nowMillis + ttlMillis).toISOString() }),
  };
  const expected = core.registry
    .live()
    .filter((instance) => mayHold(instance, containment.scope))
    .map(({ instance }) => instance);
  return recording(core, async () => {
    await core.record('containment.requested', { containment, expected }, request.actor);
    return succeed(containment);
  });
}

/** Who lifts a containment, and why. */
export interface ReleaseRequest {
  readonly id: string;
  readonly actor: Actor;
  readonly reason: string;
}

/** Lifts a containment that stands. */
export async function release(
  core: ControlCore,
  request: ReleaseRequest,
): Promise<ControlResult<Containment>> {
  const { id, actor, reason } = request;
  return core.queue.run(`containment:${id}`, async () => {
    const record = core.model.containments.get(id);
    if (record === undefined) return refuse('not_found', `There is no containment ${id}.`);
    const { released } = record.containment;
    if (released !== undefined) {
      const message = `${id} was released at ${released.at} by ${released.actor.id}.`;
      return refuse('already_released', message);
    }
    const separated = core.separation({
      act: `release ${id}`,
      by: actor,
      earlier: record.containment.actor,
    });
    if (separated !== undefined) return separated;
    if (!core.model.active(core.now()).includes(record)) {
      return refuse('expired', `${id} expired at ${record.containment.expiresAt ?? 'its end'}.`);
    }
    return recording(core, async () => {
      await core.record('containment.released', { containment: id, reason, by: actor }, actor);
      return succeed(core.model.containments.get(id)?.containment ?? record.containment);
    });
  });
}

/** Takes an acknowledgement: what it proves of containments and of the policy goes into the ledger, once. */
export async function acknowledge(core: ControlCore, ack: Ack): Promise<ControlResult<true>> {
  return core.queue.run(`instance:${ack.instance}`, async () => {
    core.registry.acknowledged(ack);
    return recording(core, async () => {
      await recordEffects(core, ack);
      await recordPolicy(core, ack);
      return succeed(true);
    });
  });
}

/**
 * Records what an instance has proven by an acknowledgement. Run again for its last one when it names another agent:
 * only then is it known that a containment of that agent concerns this process.
 */
export async function recordEffects(core: ControlCore, ack: Ack): Promise<void> {
  const id = ack.instance;
  const instance = core.registry.get(id);
  if (instance === undefined) return;
  for (const { id: containment, aborted } of ack.containments) {
    const record = core.model.containments.get(containment);
    if (record === undefined || !mayHold(instance, record.containment.scope)) continue;
    const before = record.containment.effective.find((effect) => effect.instance === id);
    if (before !== undefined && before.aborted >= aborted) continue;
    const effect = { instance: id, at: before?.at ?? ack.inForceSince, aborted };
    const actor: Actor = { kind: 'agent', id: ack.agent, assurance: 'token' };
    await core.record('containment.effective', { containment, effect }, actor);
  }
}

async function recordPolicy(core: ControlCore, ack: Ack): Promise<void> {
  const { instance, agent, policyRevision, inForceSince, refused } = ack;
  const actor: Actor = { kind: 'agent', id: agent, assurance: 'token' };
  const known = core.model.policyInForce.get(instance);
  if (policyRevision !== undefined && policyRevision !== known) {
    await core.record('policy.effective', { instance, agent, policyRevision, inForceSince }, actor);
  }
  // One process acknowledges once for each agent in it; what it refuses is said once.
  if (refused === undefined || core.model.policyRefused.get(instance) === refused.policyRevision) {
    return;
  }
  const problems = refused.problems.slice(0, MAX_PROBLEMS);
  core.log(
    'warn',
    `agent process ${JSON.stringify(instance)} refused policy revision ${refused.policyRevision}`,
  );
  await core.record(
    'policy.refused',
    {
      name: core.model.policy?.bundle.name ?? '',
      instance,
      policyRevision: refused.policyRevision,
      problems,
      omitted: refused.problems.length - problems.length,
    },
    actor,
  );
}

/** Problems of a bundle that one audit entry holds. */
export const MAX_PROBLEMS = 100;

function ttlProblem({ kind, ttlMillis }: ContainRequest): string | undefined {
  if (ttlMillis === undefined) return undefined;
  if (kind === 'retire') return 'retire has no time to live: it is lifted by a release';
  if (ttlMillis <= MAX_TTL_MILLIS) return undefined;
  return `${ttlMillis} ms is more than ten years; leave it out for a containment without an end`;
}
