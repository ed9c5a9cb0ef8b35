import {
  type Actor,
  type Override,
  type QuarantineAnswer,
  type QuarantinedCall,
  type QuarantineRequest,
} from '@aftertrace/schema';

import { whoOrdered } from './access/separation.ts';
import { recording, type ControlCore } from './control-core.ts';
import { refuse, succeed, type ControlResult } from './control-problem.ts';
import { proposer } from './proposer.ts';
import { actionKey, type HeldCall } from './quarantine-model.ts';

/**
 * A process says that a quarantine has refused a call. It is kept for a reviewer; where a reviewer has released a retry of
 * this very action, the process is told so, once: that it was used is on disk before it hears of it.
 *
 * @param tokenId Of the token that the agent came with.
 */
export async function holdCall(
  core: ControlCore,
  input: QuarantineRequest,
  tokenId?: string,
): Promise<ControlResult<QuarantineAnswer>> {
  const { arguments: args, late, ...request } = input;
  const { instance, agent } = request;
  core.registry.seen(instance, agent);
  return core.queue.run(`quarantine:${actionKey(request)}`, async () =>
    recording(core, async () => {
      const known = core.model.quarantine.ofAction(request);
      const isAsked = known !== undefined && late !== true;
      const released = isAsked ? releasedNow(core, known) : undefined;
      if (known !== undefined && released !== undefined) {
        const { id: quarantine } = known.request;
        const data = { quarantine, override: released.id, instance };
        await core.record('quarantine.retried', data);
        return succeed({ id: quarantine, released });
      }
      if (known !== undefined && isOpen(core, known)) return succeed({ id: known.request.id });
      const named = core.model.quarantine.get(request.id);
      if (named !== undefined && actionKey(named.request) !== actionKey(request)) {
        return refuse('conflict', `${request.id} is in quarantine already, for another action.`);
      }
      const argumentsDigest = await core.details.put(args ?? null, request.id);
      const data = { request, argumentsDigest };
      await core.record('quarantine.held', data, proposer(agent, tokenId));
      return succeed({ id: request.id });
    }),
  );
}

/** A reviewer's word, with the identity that was verified. */
export interface ReviewRequest {
  readonly id: string;
  readonly decision: 'release' | 'discard';
  readonly actor: Actor;
  readonly reason: string;
  /** How long the retry may take to come. */
  readonly ttlMillis: number;
}

/** Releases one retry of a call in quarantine, or discards it. There is one word a call; it is on disk before it holds. */
export async function reviewHeld(
  core: ControlCore,
  review: ReviewRequest,
): Promise<ControlResult<Override>> {
  const first = core.model.quarantine.get(review.id);
  if (first === undefined)
    return refuse('not_found', `There is no call ${review.id} in quarantine.`);
  return core.queue.run(`quarantine:${actionKey(first.request)}`, async () => {
    const held = core.model.quarantine.get(review.id) ?? first;
    const state = stateOf(core, held);
    if (state !== 'held' && state !== 'lapsed') {
      const by = held.word === undefined ? undefined : core.model.overrides.get(held.word.override);
      const who = by === undefined ? '' : ` by ${by.actor.id} at ${by.at}`;
      return refuse('already_answered', `${review.id} has been ${state}${who}.`);
    }
    const separated = review.decision === 'release' ? separation(core, held, review) : undefined;
    if (separated !== undefined) return separated;
    return recording(core, async () => {
      const override = toOverride(core, held, review);
      await core.record('override', { override, quarantine: review.id }, review.actor);
      return succeed(override);
    });
  });
}

/** A release takes another hand than the call had, and than the quarantine. */
function separation(
  core: ControlCore,
  { request, by }: HeldCall,
  { id, actor }: ReviewRequest,
): ReturnType<ControlCore['separation']> {
  const quarantine = core.model.containments.get(request.containment ?? '')?.containment;
  const earlier = quarantine === undefined ? [by] : [by, ...whoOrdered(quarantine)];
  return core.separation({ act: `release ${id}`, by: actor, earlier });
}

/** The calls in quarantine as people read them, oldest first. */
export async function viewHeld(core: ControlCore): Promise<readonly QuarantinedCall[]> {
  return Promise.all(
    core.model.quarantine.list().map(async (held) => {
      const override =
        held.word === undefined ? undefined : core.model.overrides.get(held.word.override);
      return {
        request: {
          ...held.request,
          arguments: await core.details.get(held.argumentsDigest, held.request.id),
        },
        state: stateOf(core, held),
        ...(override === undefined ? {} : { override }),
      };
    }),
  );
}

function stateOf(core: ControlCore, { word }: HeldCall): QuarantinedCall['state'] {
  if (word === undefined) return 'held';
  if (word.decision === 'discard') return 'discarded';
  if (word.usedBy !== undefined) return 'retried';
  const isOver = word.expiresAt !== undefined && core.now() >= Date.parse(word.expiresAt);
  return isOver ? 'lapsed' : 'released';
}

function releasedNow(core: ControlCore, held: HeldCall): Override | undefined {
  if (held.word === undefined || stateOf(core, held) !== 'released') return undefined;
  return core.model.overrides.get(held.word.override);
}

/** A reviewer has yet to speak, or has said that it is over: nothing new to keep. After a retry, the next try is a new one. */
function isOpen(core: ControlCore, held: HeldCall): boolean {
  const state = stateOf(core, held);
  return state === 'held' || state === 'released' || state === 'discarded';
}

/** A release goes against the quarantine; a discard upholds it, and answers what was asked. */
function toOverride(core: ControlCore, held: HeldCall, review: ReviewRequest): Override {
  const { request } = held;
  const { containment, rule, policyRevision, run, conversation, traceId, spanId } = request;
  const isRelease = review.decision === 'release';
  const prior = {
    source: containment === undefined ? ('policy' as const) : ('containment' as const),
    decision: 'quarantine',
    tool: request.tool,
    argumentsDigest: held.argumentsDigest,
    ...((containment ?? rule) === undefined ? {} : { rule: containment ?? rule }),
  };
  const at = core.timestamp();
  return {
    id: `ovr_${core.randomId()}`,
    at,
    kind: isRelease ? 'override' : 'approval',
    actor: review.actor,
    decision: isRelease ? 'approve' : 'reject',
    reason: review.reason,
    prior,
    actionDigest: request.actionDigest,
    ...(isRelease ? { expiresAt: new Date(core.now() + review.ttlMillis).toISOString() } : {}),
    outcome: isRelease ? { status: 'pending' } : { status: 'not_executed', at },
    agent: request.agent,
    ...(policyRevision === undefined ? {} : { policyRevision }),
    ...(run === undefined ? {} : { run }),
    ...(conversation === undefined ? {} : { conversation }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(spanId === undefined ? {} : { spanId }),
  };
}
