import type {
  Ack,
  Actor,
  Containment,
  ContainmentInput,
  RedeploymentRecord,
} from '@aftertrace/schema';

import { whoOrdered } from './access/separation.ts';
import { recording, type ControlCore } from './control-core.ts';
import { refuse, succeed, type ControlResult } from './control-problem.ts';
import { mayHold } from './instance-registry.ts';

/**
 * A containment to order, with the identity that was verified for whoever orders it: a person, or a plan that a person has
 * switched on.
 */
export type ContainRequest = Omit<ContainmentInput, 'actor'> & { readonly actor: Actor };

/** Ten years. Longer is a containment without an end. */
const MAX_TTL_MILLIS = 10 * 365 * 24 * 3600 * 1000;
/** An exercise that nobody ends is over by then. */
const DRILL_TTL_MILLIS = 10 * 60 * 1000;

/**
 * Orders a containment. Its proof comes with the acknowledgements. Where the ledger cannot be written it stands all the
 * same, and says that it is not sealed.
 */
export async function contain(
  core: ControlCore,
  request: ContainRequest,
): Promise<ControlResult<Containment>> {
  const problem = ttlProblem(request);
  if (problem !== undefined) {
    return refuse('invalid_request', problem, [{ path: 'ttlMillis', message: problem }]);
  }
  const inNameOf = whoOrders(core, request.actor);
  if (!inNameOf.ok) return inNameOf;
  const nowMillis = core.now();
  const ttlMillis = ttlOf(request);
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
    ...inNameOf.value,
    ...(ttlMillis === undefined
      ? {}
      : { expiresAt: new Date(nowMillis + ttlMillis).toISOString() }),
  };
  const expected = core.registry
    .live()
    .filter((instance) => mayHold(instance, containment.scope))
    .map(({ instance }) => instance);
  return recording(core, async () => {
    await core.recordUrgent('containment.requested', { containment, expected }, request.actor);
    return succeed(containment);
  });
}

/** Nothing in an agent can order or lift anything, and what acts by itself acts in a person's name. */
function whoOrders(core: ControlCore, actor: Actor): ControlResult<Pick<Containment, 'plan'>> {
  if (actor.kind === 'human') return succeed({});
  if (actor.kind !== 'plan') return notAPerson(actor);
  const plan = core.model.plans.get(actor.id);
  if (plan?.on === true) return succeed({ plan: { id: plan.id, switchedOnBy: plan.actor } });
  return refuse(
    'plan_off',
    `Nobody has switched plan ${actor.id} on, so it orders nothing: a person does it, or switches the plan on.`,
  );
}

function notAPerson({ kind, id }: Actor): ReturnType<typeof refuse> {
  return refuse('not_a_person', `${id} is of kind ${kind}: only a person may do this.`);
}

/** Who lifts a containment, and why. */
export interface ReleaseRequest {
  readonly id: string;
  readonly actor: Actor;
  readonly reason: string;
  /** It stops nothing any more, and records what it would stop, until it is released again. */
  readonly shadowFirst?: boolean | undefined;
  /** With `shadowFirst`: when it ends by itself. */
  readonly ttlMillis?: number | undefined;
  /** Required for `retire`. */
  readonly redeployment?: RedeploymentRecord | undefined;
}

/** Where duties are separated: who lifts it, and who approves a redeployment, is not who engaged it. */
function releaseByAnother(
  core: ControlCore,
  containment: Containment,
  { actor, redeployment }: ReleaseRequest,
): ReturnType<ControlCore['separation']> {
  const { id } = containment;
  const earlier = whoOrdered(containment);
  const approver = redeployment?.approver;
  return (
    core.separation({ act: `release ${id}`, by: actor, earlier }) ??
    (approver === undefined
      ? undefined
      : core.separation({ act: `approve the redeployment of ${id}`, by: approver, earlier }))
  );
}

/** Lifts a containment that stands, at once or in two steps. */
export async function release(
  core: ControlCore,
  request: ReleaseRequest,
): Promise<ControlResult<Containment>> {
  const { id, actor, reason, redeployment } = request;
  if (actor.kind !== 'human') return notAPerson(actor);
  return core.queue.run(`containment:${id}`, async () => {
    const record = core.model.containments.get(id);
    if (record === undefined) return refuse('not_found', `There is no containment ${id}.`);
    const { released } = record.containment;
    if (released !== undefined) {
      const message = `${id} was released at ${released.at} by ${released.actor.id}.`;
      return refuse('already_released', message);
    }
    const separated = releaseByAnother(core, record.containment, request);
    if (separated !== undefined) return separated;
    if (!core.model.active(core.now()).includes(record)) {
      return refuse('expired', `${id} expired at ${record.containment.expiresAt ?? 'its end'}.`);
    }
    const problem = releaseProblem(record.containment, request);
    if (problem !== undefined) return problem;
    const { ttlMillis } = request;
    const data = {
      containment: id,
      reason,
      by: actor,
      ...(redeployment === undefined ? {} : { redeployment }),
    };
    const expiresAt =
      ttlMillis === undefined ? {} : { expiresAt: new Date(core.now() + ttlMillis).toISOString() };
    return recording(core, async () => {
      if (request.shadowFirst === true) {
        await core.record('containment.staged', { ...data, ...expiresAt }, actor);
      } else await core.record('containment.released', data, actor);
      return succeed(core.model.containments.get(id)?.containment ?? record.containment);
    });
  });
}

function releaseProblem(
  containment: Containment,
  request: ReleaseRequest,
): ReturnType<typeof refuse> | undefined {
  const { id, kind, staged, mode } = containment;
  const { shadowFirst = false, ttlMillis, redeployment } = request;
  if (shadowFirst && staged !== undefined) {
    return refuse('already_released', `${id} has been in shadow since ${staged.at}. Release it.`);
  }
  if (shadowFirst && mode === 'shadow') {
    return refuse('invalid_request', `${id} has stopped nothing: it was ordered in shadow.`);
  }
  if (ttlMillis !== undefined && (!shadowFirst || ttlMillis > MAX_TTL_MILLIS)) {
    const message = 'a time to live goes with a release in shadow first, and is below ten years';
    return refuse('invalid_request', message, [{ path: 'ttlMillis', message }]);
  }
  if (kind === 'retire' && redeployment === undefined && staged?.redeployment === undefined) {
    return refuse(
      'redeployment_required',
      `${id} is a retirement. It is lifted by a redeployment record: which criteria are fulfilled, and who approves it.`,
    );
  }
  if (kind !== 'retire' && redeployment !== undefined) {
    return refuse('invalid_request', `${id} is a ${kind}: only a retirement is lifted so.`);
  }
  return undefined;
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
  for (const { id: containment, aborted, stopped } of ack.containments) {
    const record = core.model.containments.get(containment);
    if (record === undefined || !mayHold(instance, record.containment.scope)) continue;
    const before = record.containment.effective.find((effect) => effect.instance === id);
    if (before !== undefined && before.aborted >= aborted) continue;
    const effect = {
      instance: id,
      at: before?.at ?? ack.inForceSince,
      aborted,
      ...(stopped === undefined || stopped.length === 0 ? {} : { stopped }),
      provenAt: before?.provenAt ?? core.timestamp(),
    };
    const actor: Actor = { kind: 'agent', id: ack.agent, assurance: 'token' };
    await core.recordUrgent('containment.effective', { containment, effect }, actor);
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

function ttlOf({ ttlMillis, drill, kind }: ContainRequest): number | undefined {
  return ttlMillis ?? (drill === true && kind !== 'retire' ? DRILL_TTL_MILLIS : undefined);
}

function ttlProblem({ kind, ttlMillis }: ContainRequest): string | undefined {
  if (ttlMillis === undefined) return undefined;
  if (kind === 'retire') return 'retire has no time to live: it is lifted by a release';
  if (ttlMillis <= MAX_TTL_MILLIS) return undefined;
  return `${ttlMillis} ms is more than ten years; leave it out for a containment without an end`;
}
