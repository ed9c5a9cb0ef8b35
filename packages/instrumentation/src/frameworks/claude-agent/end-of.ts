import type { AgentEnd } from '../../spans/agent-span.ts';
import type { SdkMessage } from './types.ts';

/** How a query has ended, by the result that Claude Code gave last; without one it was cut off. */
export function endOf(result: SdkMessage | undefined): AgentEnd {
  if (result === undefined) return { failed: false, aborted: true };
  const { subtype, is_error: isError } = result;
  switch (subtype) {
    case 'success':
      return isError === true
        ? { failed: true, error: new ClaudeCodeError('error_result'), finishReason: 'error' }
        : { failed: false, finishReason: 'stop' };
    case 'error_max_turns':
    case 'error_max_budget_usd':
      return { failed: false, finishReason: 'length' };
    default:
      return { failed: true, error: new ClaudeCodeError(String(subtype)), finishReason: 'error' };
  }
}

/** An end that Claude Code calls an error; its text may hold content, so that only its kind is told. */
class ClaudeCodeError extends Error {
  override readonly name = 'ClaudeCodeError';
}
