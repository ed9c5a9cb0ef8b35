import type { Message } from './types.ts';

/** A part of a message as OpenTelemetry's GenAI message schema has it. */
type Part = Readonly<Record<string, unknown>>;

/** Finish reasons of the AI SDK in the words of OpenTelemetry. */
export function finishReason(reason: string): string {
  switch (reason) {
    case 'content-filter':
      return 'content_filter';
    case 'tool-calls':
      return 'tool_call';
    default:
      return reason;
  }
}

/** System instructions in OpenTelemetry's form: a text, one message, or a list of them. */
export function systemInstructions(instructions: unknown): readonly Part[] {
  const list = Array.isArray(instructions) ? instructions : [instructions];
  return list.map((entry: unknown) => ({
    type: 'text',
    content: typeof entry === 'string' ? entry : (entry as Message | undefined)?.['content'],
  }));
}

/** Messages of the AI SDK in OpenTelemetry's form. Files are named, not copied. */
export function inputMessages(messages: readonly Message[]): readonly unknown[] {
  return messages.map((message) => {
    const { role, content } = message;
    const parts = Array.isArray(content)
      ? content.map((part: unknown) => partOf(part))
      : [{ type: 'text', content }];
    return { role, parts };
  });
}

/** What the model answered, in OpenTelemetry's form. */
export function outputMessages(
  content: readonly Readonly<Record<string, unknown>>[],
  reason: string | undefined,
): readonly unknown[] {
  const finish = reason === undefined ? {} : { finish_reason: finishReason(reason) };
  return [{ role: 'assistant', parts: content.map((part) => partOf(part)), ...finish }];
}

/**
 * Tools that the model may call, in OpenTelemetry's form: functions with the JSON Schema of their parameters. Of tools
 * that the provider runs only the name is told: their settings may hold secrets.
 */
export function toolDefinitions(tools: readonly Message[]): readonly unknown[] {
  return tools.map(({ type, name, id, description, inputSchema }) =>
    type === 'function' || type === undefined
      ? { type: 'function', name, description, parameters: inputSchema }
      : { type, name: name ?? id },
  );
}

function partOf(part: unknown): Part {
  if (typeof part !== 'object' || part === null) return { type: 'text', content: part };
  const fields = part as Message;
  switch (fields['type']) {
    case 'text':
    case 'reasoning':
      return { type: fields['type'], content: fields['text'] };
    case 'tool-call':
      return {
        type: 'tool_call',
        id: fields['toolCallId'],
        name: fields['toolName'],
        arguments: fields['input'],
      };
    case 'tool-result':
      return {
        type: 'tool_call_response',
        id: fields['toolCallId'],
        response: responseOf(fields['output']),
      };
    case 'tool-approval-response':
      return {
        type: 'tool_approval_response',
        approval_id: fields['approvalId'],
        approved: fields['approved'],
        reason: fields['reason'],
      };
    default:
      return { type: String(fields['type']), mime_type: fields['mediaType'] };
  }
}

/** Results in messages are wrapped as `{type: 'json' | 'text' | 'error-json' | 'error-text', value}`. */
function responseOf(output: unknown): unknown {
  if (typeof output !== 'object' || output === null) return output;
  const { type, value, reason } = output as Message;
  switch (type) {
    case 'text':
    case 'json':
    case 'error-text':
    case 'error-json':
    case 'content':
      return value;
    case 'execution-denied':
      return { denied: true, reason };
    default:
      return output;
  }
}
