import { fieldsOf, type Message, type ModelToolCall } from './types.ts';

/** The calls that the model has asked for last: in a state, or in a list of messages. */
export function callsIn(state: unknown): readonly ModelToolCall[] {
  const messages = Array.isArray(state) ? (state as unknown[]) : fieldsOf(state)['messages'];
  if (!Array.isArray(messages)) return [];
  const asking = messages.findLast((message: unknown) => {
    const { tool_calls: calls } = fieldsOf(message) as Message;
    return Array.isArray(calls) && calls.length > 0;
  }) as Message | undefined;
  return asking?.tool_calls ?? [];
}
