import * as api from '@opentelemetry/api';

import { isAftertraceError } from '../../errors.ts';
import { proposeCall } from '../../guard/propose-call.ts';
import { PAUSED } from '../../guard/judge.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import { takeAnswer } from './step.ts';
import { fieldsOf, textOf, type CoreTool, type ToolContext } from './types.ts';

/** What guarded tools are executed by, so that each is guarded once, copies of them too. */
const known = new WeakSet<object>();

/** The same tools, by the names under which the model knows them, each guarded. */
export function guardTools(runtime: Runtime, tools: object): Record<string, CoreTool> {
  return Object.fromEntries(
    Object.entries(tools).map(([name, tool]) => [name, guarded(runtime, name, tool as CoreTool)]),
  );
}

/**
 * Guards the tools that a step of the agent's loop has got from elsewhere: those of `prepareStep` and of input processors
 * never come by `convertTools`. In place, for Mastra keeps the same object in several.
 *
 * @throws what keeps them from being guarded: then none of them may be called.
 */
export function guardStepTools(runtime: Runtime, shared: unknown): void {
  const { stepTools } = fieldsOf(shared);
  if (typeof stepTools !== 'object' || stepTools === null) return;
  const unguarded = Object.entries(stepTools).filter(([, tool]) => isUnguarded(tool));
  if (unguarded.length === 0) return;
  const made = Object.fromEntries(
    unguarded.map(([name, tool]) => [name, guarded(runtime, name, tool as CoreTool)]),
  );
  if (Object.isFrozen(stepTools))
    (shared as { stepTools: unknown }).stepTools = { ...stepTools, ...made };
  else Object.assign(stepTools, made);
}

function isUnguarded(tool: unknown): boolean {
  const { execute } = fieldsOf(tool);
  return typeof execute === 'function' && !known.has(execute);
}

function guarded(runtime: Runtime, name: string, tool: CoreTool): CoreTool {
  const { execute } = tool;
  if (typeof execute !== 'function' || known.has(execute)) return tool;
  const guard: NonNullable<CoreTool['execute']> = async (input, context) => {
    try {
      const call = proposeCall(runtime, 'mastra.propose', () =>
        propose(runtime, { name, tool, input, context }),
      );
      if (call === undefined) return await execute.call(tool, input, context);
      return await callGuarded(runtime, call, { tool, execute, context });
    } catch (error) {
      if (!isAftertraceError(error)) throw error;
      return error.message;
    }
  };
  known.add(guard);
  const own = { execute: { value: guard, enumerable: true, configurable: true, writable: true } };
  // One that is no plain object has more to it than its own fields.
  return isPlain(tool) ? { ...tool, execute: guard } : (Object.create(tool, own) as CoreTool);
}

function isPlain(tool: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(tool);
  return prototype === Object.prototype || prototype === null;
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
  const end: ToolEnd = {};
  let paused = false;
  const suspend = context?.suspend;
  const watched =
    suspend === undefined
      ? undefined
      : (...args: unknown[]): unknown => {
          paused = true;
          return suspend(...args);
        };
  const result = await runtime.guard.call(call, {
    execute: async (args, stop) => {
      const signal = stop();
      const passed = {
        ...context,
        ...(watched === undefined ? {} : { suspend: watched }),
        ...(signal === undefined ? {} : { abortSignal: signal }),
      };
      try {
        end.left = await execute.call(tool, args, context === undefined ? context : passed);
      } catch (error) {
        // A call that Mastra has tried ahead of its turn throws to pause, and is made again.
        if (!paused) throw error;
        end.threw = { error };
      }
      return paused ? PAUSED : end.left;
    },
  });
  if (result !== PAUSED) return result;
  if (end.threw !== undefined) throw end.threw.error;
  return end.left;
}

/** What a tool that paused has left. */
interface ToolEnd {
  left?: unknown;
  threw?: { readonly error: unknown };
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
  const answer = takeAnswer(toolCallId);
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
