import type { ApprovalRequest } from '@aftertrace/schema';

import type { ControlCore } from './control-core.ts';
import type { ApprovalRecord } from './control-model.ts';

/** The question as it stands now, also by the id that it had before its process was restarted. */
export function currentApproval(core: ControlCore, id: string): ApprovalRecord | undefined {
  let record = core.model.approvals.get(id);
  while (record?.resumedAs !== undefined) record = core.model.approvals.get(record.resumedAs);
  return record;
}

/**
 * A question that another process of the same run asked before and that nobody acts on now goes on under the new id, with
 * its answer if it has one that cannot have left yet. False: there is none, and this one is new.
 *
 * @throws LedgerError where it could not be recorded.
 */
export async function resumeApproval(
  core: ControlCore,
  request: Omit<ApprovalRequest, 'arguments'>,
): Promise<boolean> {
  if (request.resumable !== true) return false;
  const free = [...core.model.approvals.values()].filter(
    (record) => isSameQuestion(record, request) && isFree(core, record),
  );
  // A model that proposes the call anew gives it a new id: the digest is what an approval is bound to.
  const { toolCallId } = request;
  const earlier = free.find((record) => record.request.toolCallId === toolCallId) ?? free[0];
  if (earlier === undefined) return false;
  const { id: approval } = earlier.request;
  // In the queue of the earlier one: its answer, or its delivery, is not overtaken.
  return core.queue.run(`approval:${approval}`, async () => {
    const now = core.model.approvals.get(approval);
    if (now === undefined || !isFree(core, now)) return false;
    await core.record('approval.resumed', { approval, request });
    return true;
  });
}

/** The digest binds agent, tool, arguments and run; who may speak for an agent is known of its name only, so that must agree too. */
function isSameQuestion(
  { request }: ApprovalRecord,
  wanted: Omit<ApprovalRequest, 'arguments'>,
): boolean {
  return (
    request.resumable === true &&
    request.actionDigest === wanted.actionDigest &&
    request.agent === wanted.agent &&
    request.instance !== wanted.instance
  );
}

/** Nobody has acted on it, nobody will: its process is not there, and no answer has left for it. */
function isFree(core: ControlCore, record: ApprovalRecord): boolean {
  const { request, state, answer, refused, resumedAs, deliveredTo } = record;
  if (resumedAs !== undefined || refused !== undefined || deliveredTo !== undefined) return false;
  if (core.registry.absentSinceMillis(request.instance, core.startedAtMillis) === undefined) {
    return false;
  }
  if (core.now() >= Date.parse(request.expiresAt)) return false;
  if (answer === undefined) return state === 'pending';
  return core.model.overrides.get(answer.override)?.outcome.status === 'pending';
}
