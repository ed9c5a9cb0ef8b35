import type { Runtime } from '../../../runtime.ts';
import type { AnyFunction } from '../../framework.ts';
import { invalidToolCalls } from '../invalid-tool-calls.ts';
import type { Message } from '../types.ts';
import { callOfTools } from './follow-tools.ts';
import type { ParseOptions } from './types.ts';

/**
 * Wraps `parseToolCall`, which marks a call that is not made as invalid; the first versions of 5 reject, and end the run.
 * Nobody else tells of such a call.
 */
export function wrapParseToolCall(runtime: Runtime, original: AnyFunction): AnyFunction {
  const parse = original as (this: unknown, ...args: unknown[]) => PromiseLike<Message>;
  return function parseToolCall(this: unknown, ...args: unknown[]) {
    const options = args[0] as ParseOptions;
    const tell = (call: Message): void => {
      const invocation = callOfTools(options.tools)?.invocation;
      for (const invalid of invalidToolCalls([call])) invocation?.recordUnmade(invalid);
    };
    const protect = (call: Message): void =>
      runtime.diagnostics.protect('ai_sdk.invalid_call', () => tell(call), undefined);
    return parse.apply(this, args).then(
      (call) => {
        protect(call);
        return call;
      },
      (error: unknown) => {
        protect({ ...options.toolCall, type: 'tool-call', invalid: true, error });
        throw error;
      },
    );
  };
}
