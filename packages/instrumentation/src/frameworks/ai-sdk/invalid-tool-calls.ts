import type { Message } from './types.ts';

/** A call that the model asked for and that the AI SDK does not make: no such tool, or arguments that do not fit it. */
export interface InvalidToolCall {
  /** As the model wrote it. */
  readonly tool: string;
  readonly toolCallId: string | undefined;
  /** What could be read of them: a value, else the text as it came. */
  readonly arguments: unknown;
  readonly error: unknown;
}

/** Longest name that is told: it came from the model, and no tool has it. */
const MAX_NAME_LENGTH = 256;

/** The calls in a model's answer that the AI SDK marked as invalid, without those of the provider's own tools. */
export function invalidToolCalls(content: readonly Message[]): readonly InvalidToolCall[] {
  return content
    .filter(
      (part) =>
        part['type'] === 'tool-call' &&
        part['invalid'] === true &&
        part['providerExecuted'] !== true,
    )
    .map(({ toolName, toolCallId, input, error }) => ({
      tool: (typeof toolName === 'string' ? toolName : '').slice(0, MAX_NAME_LENGTH).toWellFormed(),
      toolCallId: typeof toolCallId === 'string' ? toolCallId : undefined,
      arguments: input,
      error: originalError(error),
    }));
}

/** Where the application tried to repair the call in vain, what was wrong with it at first. */
function originalError(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return error;
  return (error as { readonly originalError?: unknown }).originalError ?? error;
}
