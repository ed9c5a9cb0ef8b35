import type { ChatResponse } from '../../spans/chat-span.ts';
import { fieldsOf, textOf, type Fields, type Message } from './types.ts';

/** What a message of a model tells of the call that gave it, wherever its provider's package puts it. */
export function chatResponse(fields: Fields): ChatResponse {
  const { usage_metadata: usage, response_metadata: metadata, id } = fields as Message;
  const about = fieldsOf(metadata);
  const reason = textOf(about['finish_reason']) ?? textOf(about['stop_reason']);
  return {
    model: textOf(about['model_name']) ?? textOf(about['model']),
    id: textOf(about['id']) ?? textOf(id),
    finishReason: reason === undefined ? undefined : (REASONS.get(reason) ?? reason),
    inputTokens: usage?.input_tokens,
    outputTokens: usage?.output_tokens,
    cacheReadTokens: usage?.input_token_details?.cache_read,
    reasoningTokens: usage?.output_token_details?.reasoning,
    url: undefined,
  };
}

/** Reasons of providers in the words of OpenTelemetry. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['tool_calls', 'tool_call'],
  ['tool_use', 'tool_call'],
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
]);
