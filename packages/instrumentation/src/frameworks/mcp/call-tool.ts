import { proposeCall } from '../../guard/propose-call.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import type { AnyFunction } from '../framework.ts';
import { isCallToolParams, propose, withArguments, withSignal } from './propose.ts';
import { refusedResult } from './refusal.ts';
import type { RequestOptions } from './types.ts';

/**
 * Wraps `Client.prototype.callTool`: the whole of it, the client's own check of structured results included. `optionsIndex`:
 * the place of its options among its parameters, which differs between the majors.
 */
export function wrapCallTool(
  runtime: Runtime,
  original: AnyFunction,
  optionsIndex: number,
): AnyFunction {
  const run = original as (this: unknown, ...args: unknown[]) => Promise<unknown>;
  return function callTool(this: unknown, ...given: unknown[]) {
    const [params] = given;
    const options = given[optionsIndex] as RequestOptions | undefined;
    let call: ToolCall | undefined;
    try {
      call = proposeCall(runtime, 'mcp.propose', () =>
        isCallToolParams(params) ? propose(runtime, params, options) : undefined,
      );
    } catch (error) {
      return Promise.resolve(refusedResult(error));
    }
    if (call === undefined || !isCallToolParams(params)) return run.apply(this, given);
    return runtime.guard
      .call(call, {
        execute: (args, stop) => {
          const signal = stop();
          const passed = [...given];
          passed[0] = withArguments(params, args);
          if (signal !== options?.signal) passed[optionsIndex] = withSignal(options, signal);
          return run.apply(this, passed);
        },
      })
      .catch(refusedResult);
  };
}
