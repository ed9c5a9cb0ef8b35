import * as api from '@opentelemetry/api';

import { isAftertraceError } from '../../errors.ts';
import { proposeCall } from '../../guard/propose-call.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { AnyFunction } from '../framework.ts';
import { takeAnswer } from './answers.ts';
import { callGuarded, callIdIn, withSignal } from './guarded-call.ts';
import { fieldsOf, textOf, type Fields } from './types.ts';

type Invoke = (
  this: unknown,
  input: unknown,
  config?: unknown,
  ...rest: unknown[]
) => Promise<unknown>;

/**
 * Wraps `convertRunnableToTool`, which `runnable.asTool()` ends in: what it makes is a tool to agents, and no `StructuredTool`.
 */
export function wrapConvertRunnable(runtime: Runtime, original: AnyFunction): AnyFunction {
  const convert = original as (this: unknown, ...args: unknown[]) => unknown;
  return function convertRunnableToTool(this: unknown, ...args: unknown[]) {
    const tool = convert.apply(this, args);
    proposeCall(runtime, 'langchain.guard_tool', () => guardRunnable(runtime, tool as Fields));
    return tool;
  };
}

function guardRunnable(runtime: Runtime, tool: Fields): void {
  const original = tool['invoke'];
  if (typeof original !== 'function') return;
  const value: Invoke = function invoke(this: unknown, input, config, ...rest) {
    const own: Invoke = (given, passed) =>
      Reflect.apply(original, this, [given, passed, ...rest]) as Promise<unknown>;
    return invokeGuarded(runtime, { tool, own, input, config });
  };
  Object.defineProperty(tool, 'invoke', { value, writable: true, configurable: true });
}

/** One call of such a tool. */
interface Invocation {
  readonly tool: Fields;
  readonly own: Invoke;
  /** The model's call, or what the application itself asks for. */
  readonly input: unknown;
  readonly config: unknown;
}

async function invokeGuarded(runtime: Runtime, made: Invocation): Promise<unknown> {
  const { own, input, config } = made;
  const isCall = fieldsOf(input)['type'] === 'tool_call';
  try {
    const call = proposeCall(runtime, 'langchain.propose', () => propose(runtime, made, isCall));
    if (call === undefined) return await own(input, config);
    return await callGuarded(runtime, call, (args, signal) => {
      const given = isCall && args !== call.arguments ? { ...fieldsOf(input), args } : undefined;
      return own(given ?? (isCall ? input : args), withSignal(config, signal));
    });
  } catch (error) {
    // An answer to the model: thrown, it would end the run in some agents.
    if (!isAftertraceError(error) || !isCall) throw error;
    return error.message;
  }
}

function propose(runtime: Runtime, { tool, input, config }: Invocation, isCall: boolean): ToolCall {
  const scope = runtime.scopes.getStore() ?? strayScope(runtime);
  const { args, id } = fieldsOf(input);
  const toolCallId = (isCall ? textOf(id) : undefined) ?? callIdIn(config);
  const name = textOf(tool['name']) ?? 'tool';
  const asked = isCall ? args : input;
  const { signal } = fieldsOf(config);
  return {
    tool: name,
    toolCallId,
    description: textOf(tool['description']),
    arguments: asked,
    scope,
    context: api.context.active(),
    answered:
      toolCallId === undefined
        ? undefined
        : takeAnswer(scope, { toolCallId, tool: name, arguments: asked }),
    ...(signal instanceof AbortSignal ? { signal } : {}),
  };
}
