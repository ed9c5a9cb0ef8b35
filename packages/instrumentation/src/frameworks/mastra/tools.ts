import * as api from '@opentelemetry/api';

import { isAftertraceError } from '../../errors.ts';
import { PAUSED } from '../../guard/judge.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { AnyFunction } from '../framework.ts';
import { takeAnswer } from './tool-call-step.ts';
import { textOf, type CoreTool, type ToolContext } from './types.ts';

/**
 * Wraps `Agent.prototype.convertTools`: what the agent's loop gets are guarded tools. A refusal is their result: Mastra shows
 * it to the model, and the agent goes on.
 */
export function wrapConvertTools(runtime: Runtime, original: AnyFunction): AnyFunction {
  const convert = original as (this: unknown, ...args: unknown[]) => Promise<object>;
  return async function convertTools(this: unknown, ...args: unknown[]) {
    const tools = await convert.apply(this, args);
    return runtime.diagnostics.protect(
      'mastra.tools',
      () =>
        Object.fromEntries(
          Object.entries(tools).map(([name, tool]) => [
            name,
            guarded(runtime, name, tool as CoreTool),
          ]),
        ),
      tools,
    );
  };
}

function guarded(runtime: Runtime, name: string, tool: CoreTool): CoreTool {
  const { execute } = tool;
  if (typeof execute !== 'function') return tool;
  return {
    ...tool,
    execute: async (input, context) => {
      const call = runtime.diagnostics.protect(
        'mastra.propose',
        () => propose(runtime, { name, tool, input, context }),
        undefined,
      );
      if (call === undefined) return execute.call(tool, input, context);
      return callGuarded(runtime, call, { tool, execute, context });
    },
  };
}

/** How the tool itself is called. */
interface OwnCall {
  readonly tool: CoreTool;
  readonly execute: NonNullable<CoreTool['execute']>;
  readonly context: ToolContext | undefined;
}

async function callGuarded(
  runtime: Runtime,
  call: ToolCall,
  { tool, execute, context }: OwnCall,
): Promise<unknown> {
  let paused = false;
  let left: unknown;
  const suspend = context?.suspend;
  const watched =
    suspend === undefined
      ? undefined
      : (...args: unknown[]): unknown => {
          paused = true;
          return suspend(...args);
        };
  try {
    const result = await runtime.guard.call(call, {
      execute: async (args, stop) => {
        const signal = stop();
        const passed = {
          ...context,
          ...(watched === undefined ? {} : { suspend: watched }),
          ...(signal === undefined ? {} : { abortSignal: signal }),
        };
        left = await execute.call(tool, args, context === undefined ? context : passed);
        return paused ? PAUSED : left;
      },
    });
    return result === PAUSED ? left : result;
  } catch (error) {
    if (!isAftertraceError(error)) throw error;
    return error.message;
  }
}

interface Proposed {
  readonly name: string;
  readonly tool: CoreTool;
  readonly input: unknown;
  readonly context: ToolContext | undefined;
}

function propose(runtime: Runtime, { name, tool, input, context }: Proposed): ToolCall {
  const scope = runtime.scopes.getStore() ?? strayScope(runtime);
  const toolCallId = textOf(context?.toolCallId);
  const answer = takeAnswer(scope, toolCallId);
  const signal = context?.abortSignal;
  return {
    tool: name,
    toolCallId,
    description: textOf(tool.description),
    arguments: input,
    scope,
    context: api.context.active(),
    answered: answer?.approved === true ? answer : undefined,
    ...(signal instanceof AbortSignal ? { signal } : {}),
  };
}
