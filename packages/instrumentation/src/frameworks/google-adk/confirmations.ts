import type { FrameworkAnswer } from '../../guard/tool-call.ts';
import type { Run, Scope } from '../../spans/scope.ts';
import { fieldsOf, textOf, type ToolContext } from './types.ts';

/** Approvals that a plugin has used up before the tool is called, by the run of the call. */
const kept = new WeakMap<Run, Map<string, FrameworkAnswer>>();

/**
 * A person's answer to a call that asked for confirmation. Who it was stands in the answer's payload, as `approver` and `reason`,
 * where the application puts it there: ADK itself does not know.
 */
export function answerOf(context: ToolContext): FrameworkAnswer | undefined {
  const { confirmed, payload } = context.toolConfirmation ?? {};
  if (typeof confirmed !== 'boolean') return undefined;
  const { approver, reason } = fieldsOf(payload);
  const { id, name, role } = fieldsOf(approver);
  const who = textOf(approver) ?? textOf(id);
  return {
    framework: 'google-adk',
    approvalId: textOf(context.functionCallId) ?? 'unknown',
    approved: confirmed,
    reason: textOf(reason),
    actor: who === undefined ? undefined : { id: who, name: textOf(name), role: textOf(role) },
  };
}

/** Keeps an approval for the call that follows it. */
export function keepAnswer({ run }: Scope, toolCallId: string, answer: FrameworkAnswer): void {
  const answers = kept.get(run) ?? new Map<string, FrameworkAnswer>();
  kept.set(run, answers.set(toolCallId, answer));
}

/** A person's approval of this call, once. */
export function takeAnswer(
  { run }: Scope,
  toolCallId: string | undefined,
): FrameworkAnswer | undefined {
  if (toolCallId === undefined) return undefined;
  const answers = kept.get(run);
  const answer = answers?.get(toolCallId);
  answers?.delete(toolCallId);
  return answer;
}
