import type { ApprovalAnswer } from '@aftertrace/schema';

import { viewAnswer } from './approval-actions.ts';
import type { ControlCore } from './control-core.ts';
import type { ApprovalRecord } from './control-model.ts';

/**
 * The answers that a process still has to act on. That one to a resumable question is about to leave is sealed first: a
 * process that comes after it must not get it too.
 */
export async function answersFor(
  core: ControlCore,
  instance: string,
): Promise<readonly ApprovalAnswer[]> {
  const records = core.model.openAnswers(instance, core.now());
  const answers = await Promise.all(records.map(async (record) => deliver(core, record)));
  return answers.filter((answer) => answer !== undefined);
}

async function deliver(
  core: ControlCore,
  record: ApprovalRecord,
): Promise<ApprovalAnswer | undefined> {
  const { id, instance, resumable } = record.request;
  if (resumable !== true || record.deliveredTo !== undefined) return viewAnswer(core, record);
  return core.queue.run(`approval:${id}`, async () => {
    const now = core.model.approvals.get(id);
    if (now === undefined || now.resumedAs !== undefined) return undefined;
    if (now.deliveredTo === undefined) {
      try {
        await core.record('approval.delivered', { approval: id, instance });
      } catch (error) {
        core.log(
          'error',
          `the answer to ${id} stays here, it could not be sealed: ${String(error)}`,
        );
        return undefined;
      }
    }
    return viewAnswer(core, now);
  });
}
