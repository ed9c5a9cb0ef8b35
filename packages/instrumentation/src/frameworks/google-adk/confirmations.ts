import { digest } from '@aftertrace/schema/canonical';

import type { FrameworkAnswer } from '../../guard/tool-call.ts';
import { fieldsOf, textOf, type ToolContext } from './types.ts';

/**
 * Approvals that a plugin has used up before the tool is called, by the context of that very call: ids of calls are a
 * conversation's own, and may begin anew in each.
 */
const kept = new WeakMap<ToolContext, Approved>();

interface Approved {
  readonly answer: FrameworkAnswer;
  /** Digest of the tool and its arguments as they were approved. */
  readonly action: string;
}

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
export function keepAnswer(context: ToolContext, action: Action, answer: FrameworkAnswer): void {
  const digest = digestOf(action);
  if (digest !== undefined) kept.set(context, { answer, action: digest });
}

/** A person's approval of this call, once; what later plugins made another call of was not approved. */
export function takeAnswer(context: ToolContext, action: Action): FrameworkAnswer | undefined {
  const approved = kept.get(context);
  if (approved === undefined) return undefined;
  kept.delete(context);
  return approved.action === digestOf(action) ? approved.answer : undefined;
}

/** What is done with an answer. */
export interface Action {
  readonly tool: string;
  readonly arguments: unknown;
}

function digestOf({ tool, arguments: args }: Action): string | undefined {
  try {
    return digest([tool, args ?? null]);
  } catch {
    // No canonical form: what was approved cannot be told from something else.
    return undefined;
  }
}
