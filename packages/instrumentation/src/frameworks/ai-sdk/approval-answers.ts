import type { FrameworkAnswer } from '../../guard/tool-call.ts';
import type { CallOptions, Message } from './types.ts';

/** An answer to a call for which the AI SDK had asked a person, as the application hands it in with the messages. */
export interface AnsweredToolCall {
  readonly tool: string;
  readonly toolCallId: string;
  readonly arguments: unknown;
  readonly answer: FrameworkAnswer;
}

/**
 * The answers that the AI SDK is about to act on: those in the last message, to calls that have no result yet. It reads the
 * messages in the same way (`collectToolApprovals`); what does not fit it refuses itself.
 */
export function approvalAnswers(
  messages: readonly Message[],
  runtimeContext: CallOptions['runtimeContext'],
): readonly AnsweredToolCall[] {
  const last = messages.at(-1);
  if (last?.['role'] !== 'tool') return [];
  const answers = partsOf(last).filter(({ type }) => type === 'tool-approval-response');
  if (answers.length === 0) return [];
  const before = messages.flatMap((message) => partsOf(message));
  const calls = new Map(before.filter(isOf('tool-call')).map((part) => [part['toolCallId'], part]));
  const asked = new Map(
    before.filter(isOf('tool-approval-request')).map((part) => [part['approvalId'], part]),
  );
  const results = new Set(before.filter(isOf('tool-result')).map((part) => part['toolCallId']));
  return answers.flatMap((part) => {
    const { approvalId, approved, reason } = part;
    const call = calls.get(asked.get(approvalId)?.['toolCallId']);
    const { toolCallId, toolName } = call ?? {};
    if (typeof toolCallId !== 'string' || typeof toolName !== 'string') return [];
    if (results.has(toolCallId) || call?.['providerExecuted'] === true) return [];
    const answer: FrameworkAnswer = {
      framework: 'ai',
      approvalId: String(approvalId),
      approved: approved === true,
      reason: text(reason),
      actor: approverOf(runtimeContext),
    };
    return [{ tool: toolName, toolCallId, arguments: call?.['input'], answer }];
  });
}

/** `runtimeContext.approver`: an id, or `{id, name?, role?}`. The AI SDK itself does not know who answers. */
function approverOf(context: CallOptions['runtimeContext']): FrameworkAnswer['actor'] {
  const given = context?.['approver'];
  const id = text(given) ?? text(fieldsOf(given)['id']);
  if (id === undefined) return undefined;
  const { name, role } = fieldsOf(given);
  return {
    id,
    ...(text(name) === undefined ? {} : { name: text(name) }),
    ...(text(role) === undefined ? {} : { role: text(role) }),
  };
}

function isOf(type: string): (part: Message) => boolean {
  return (part) => part['type'] === type;
}

function partsOf(message: Message): readonly Message[] {
  const { content } = message;
  return Array.isArray(content)
    ? content.filter((part): part is Message => typeof part === 'object' && part !== null)
    : [];
}

function fieldsOf(value: unknown): Message {
  return typeof value === 'object' && value !== null ? (value as Message) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
