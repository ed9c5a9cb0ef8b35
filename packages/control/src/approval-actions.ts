import { mayAnswer } from '@aftertrace/policy';
import {
  actionDigest,
  digest,
  type Actor,
  type Approval,
  type ApprovalAnswer,
  type ApprovalDecisionInput,
  type ApprovalRequest,
  type Override,
} from '@aftertrace/schema';

import { changedPaths } from './changed-paths.ts';
import { goneSinceMillis } from './absence.ts';
import { recording, type ControlCore } from './control-core.ts';
import { proposer } from './proposer.ts';
import { currentApproval, resumeApproval } from './resume-approval.ts';
import type { ApprovalRecord } from './control-model.ts';
import { refuse, succeed, type ControlResult } from './control-problem.ts';

/**
 * Takes a call that waits for a person. Sending the same request again changes nothing.
 *
 * @param tokenId Of the token that the agent came with.
 */
export async function requestApproval(
  core: ControlCore,
  input: ApprovalRequest,
  tokenId?: string,
): Promise<ControlResult<Approval>> {
  const { arguments: args, ...request } = input;
  return core.queue.run(`approval:${request.id}`, async () => {
    const known = core.model.approvals.get(request.id);
    if (known !== undefined) {
      if (digest(known.request) === digest(request))
        return succeed(await viewApproval(core, known));
      return refuse('conflict', `Approval ${request.id} was requested before, for another call.`);
    }
    core.registry.seen(request.instance, request.agent);
    return recording(core, async () => {
      if (!(await resumeApproval(core, request))) {
        const argumentsDigest = await core.details.put(args ?? null, request.id);
        const data = { request, argumentsDigest, ...digestCheck(input) };
        const actor = proposer(request.agent, tokenId);
        await core.record('approval.requested', data, actor);
      }
      const record = core.model.approvals.get(request.id);
      if (record === undefined) return refuse('internal', `Approval ${request.id} was not kept.`);
      return succeed(await viewApproval(core, record));
    });
  });
}

/** A person's answer, with the identity that was verified. */
export type AnswerRequest = Omit<ApprovalDecisionInput, 'actor'> & {
  readonly id: string;
  readonly actor: Actor;
};

/** Answers a call that waits. There is one answer; it is on disk before the agent hears of it. */
export async function answerApproval(
  core: ControlCore,
  answer: AnswerRequest,
): Promise<ControlResult<Override>> {
  const { id } = currentApproval(core, answer.id)?.request ?? answer;
  return core.queue.run(`approval:${id}`, async () => {
    // Asked again while this waited its turn: the answer is for the question as it stands now.
    const record = currentApproval(core, id);
    if (record !== undefined && record.request.id !== id) return answerApproval(core, answer);
    if (record === undefined) return refuse('not_found', `There is no approval ${answer.id}.`);
    const refusal = answerProblem(core, record, answer);
    if (refusal !== undefined) return refusal;
    return recording(core, async () => {
      const override = await toOverride(core, record, answer);
      const changed =
        answer.decision === 'modify'
          ? await core.details.put(answer.arguments, override.id)
          : undefined;
      const data = {
        override,
        approval: id,
        ...(changed === undefined ? {} : { argumentsDigest: changed }),
      };
      await core.record('override', data, answer.actor);
      return succeed(override);
    });
  });
}

/** The approval as people and agents read it. */
export async function viewApproval(core: ControlCore, record: ApprovalRecord): Promise<Approval> {
  const override =
    record.answer === undefined ? undefined : core.model.overrides.get(record.answer.override);
  return {
    request: {
      ...record.request,
      arguments: await core.details.get(record.argumentsDigest, record.argumentsOf),
    },
    state: stateNow(core, record),
    ...(override === undefined ? {} : { override }),
  };
}

/** What time and the processes have done to it, whatever the ledger says yet. */
function stateNow(core: ControlCore, { state, request }: ApprovalRecord): Approval['state'] {
  if (state !== 'pending') return state;
  if (core.now() >= Date.parse(request.expiresAt)) return 'expired';
  if (request.resumable === true) return 'pending';
  return goneSinceMillis(core, request.instance) === undefined ? 'pending' : 'abandoned';
}

/** The answer as its agent gets it; undefined where there is none, or where changed arguments were destroyed. */
export async function viewAnswer(
  core: ControlCore,
  record: ApprovalRecord,
): Promise<ApprovalAnswer | undefined> {
  const { answer, request } = record;
  const override = answer === undefined ? undefined : core.model.overrides.get(answer.override);
  if (answer === undefined || override === undefined) return undefined;
  const changed =
    answer.argumentsDigest === undefined
      ? undefined
      : { arguments: await core.details.get(answer.argumentsDigest, override.id) };
  if (changed !== undefined && changed.arguments === undefined) return undefined;
  return {
    revision: answer.revision,
    approval: request.id,
    instance: request.instance,
    actionDigest: request.actionDigest,
    override,
    ...changed,
  };
}

function answerProblem(
  core: ControlCore,
  record: ApprovalRecord,
  answer: AnswerRequest,
): ReturnType<typeof refuse> | undefined {
  const { request } = record;
  if (record.answer !== undefined) {
    const by = core.model.overrides.get(record.answer.override);
    const who = by === undefined ? '' : `: ${by.decision} by ${by.actor.id} at ${by.at}`;
    return refuse('already_answered', `${answer.id} has been answered${who}.`);
  }
  if (record.state === 'expired' || core.now() >= Date.parse(request.expiresAt)) {
    return refuse(
      'expired',
      `${answer.id} expired at ${request.expiresAt}; nobody waits for it now.`,
    );
  }
  const over = notWaiting(core, record);
  if (over !== undefined) return refuse('no_longer_waiting', over);
  if (answer.decision === 'modify' && answer.arguments === undefined) {
    const message = 'modify needs the arguments to call with';
    return refuse('invalid_request', message, [{ path: 'arguments', message }]);
  }
  if (answer.decision !== 'modify' && answer.arguments !== undefined) {
    const message = `${answer.decision} takes no arguments; did you mean modify?`;
    return refuse('invalid_request', message, [{ path: 'arguments', message }]);
  }
  const separated = core.separation({
    act: `answer ${answer.id}`,
    by: answer.actor,
    earlier: [proposer(request.agent, record.tokenId)],
  });
  if (separated !== undefined) return separated;
  if (mayAnswer(request, answer.actor)) return undefined;
  const { approvers = [], furtherApprovers = [] } = request;
  const named = [approvers, ...furtherApprovers].map((list) => list.join(', '));
  return refuse(
    'not_an_approver',
    `${answer.actor.id} may not answer ${answer.id}; its rule names ${named.join('; another one of its rules names ')}.`,
  );
}

/** Why nobody waits for the answer, though its time is not over. */
function notWaiting(core: ControlCore, { request, refused }: ApprovalRecord): string | undefined {
  const { id, tool, instance, expiresAt, resumable } = request;
  if (refused !== undefined) {
    const why = refused.reason === undefined ? '' : `: ${refused.reason}`;
    return `${id} no longer waits: its call of ${tool} was refused by decision ${refused.decision}, known since ${refused.at}${why}. Nothing is left to answer.`;
  }
  // Whoever goes on with the run asks again.
  if (resumable === true) return undefined;
  const goneSince = goneSinceMillis(core, instance);
  if (goneSince === undefined) return undefined;
  const since = new Date(goneSince).toISOString();
  return `${id} no longer waits: process ${instance}, which asked, has not been heard of since ${since}. If it comes back before ${expiresAt}, answer again.`;
}

async function toOverride(
  core: ControlCore,
  record: ApprovalRecord,
  answer: AnswerRequest,
): Promise<Override> {
  const { request, argumentsDigest, argumentsOf } = record;
  const { rule, policyRevision, run, conversation, traceId, spanId } = request;
  const change =
    answer.decision === 'modify'
      ? {
          before: argumentsDigest,
          after: digest(answer.arguments),
          paths: [
            ...changedPaths(await core.details.get(argumentsDigest, argumentsOf), answer.arguments),
          ],
        }
      : undefined;
  return {
    id: `ovr_${core.randomId()}`,
    at: core.timestamp(),
    kind: 'approval',
    actor: answer.actor,
    decision: answer.decision,
    reason: answer.reason,
    prior: {
      source: 'policy',
      decision: 'escalate',
      tool: request.tool,
      argumentsDigest,
      ...(rule === undefined ? {} : { rule }),
    },
    actionDigest: request.actionDigest,
    expiresAt: request.expiresAt,
    outcome: { status: 'pending' },
    agent: request.agent,
    ...(change === undefined ? {} : { change }),
    ...(policyRevision === undefined ? {} : { policyRevision }),
    ...(run === undefined ? {} : { run }),
    ...(conversation === undefined ? {} : { conversation }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(spanId === undefined ? {} : { spanId }),
  };
}

function digestCheck(request: ApprovalRequest): { argumentsMatchDigest?: boolean } {
  const { agent, tool, run } = request;
  if (run === undefined) return {};
  const binding = { agent, tool, arguments: request.arguments, run };
  return { argumentsMatchDigest: actionDigest(binding) === request.actionDigest };
}
