/** Stop reasons of Anthropic's API in the words of OpenTelemetry; others as they are. */
export function finishReason(reason: unknown): string | undefined {
  switch (reason) {
    case 'end_turn':
    case 'stop_sequence':
      return 'stop';
    case 'tool_use':
      return 'tool_call';
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'refusal':
      return 'content_filter';
    default:
      return typeof reason === 'string' ? reason : undefined;
  }
}
