import type { Runtime } from '../../runtime.ts';
import { runTool } from './run-tool.ts';
import type { RunContext, RunnableTool, RunnerParams, ToolUse } from './types.ts';

/** Finds the `tool_use` block that an input came with, where the SDK does not tell. */
export type ToolUseLookup = (input: unknown) => ToolUse | undefined;

const guardedTools = new WeakSet<object>();

/** The same parameters with guarded tools, for tool runners that call `tool.run` themselves. */
export function withGuardedTools<P extends RunnerParams>(
  runtime: Runtime,
  params: P,
  lookUp: ToolUseLookup,
): P {
  const { tools } = params;
  if (!Array.isArray(tools)) return params;
  return { ...params, tools: tools.map((tool: unknown) => guardTool(runtime, tool, lookUp)) };
}

function guardTool(runtime: Runtime, tool: unknown, lookUp: ToolUseLookup): unknown {
  if (!isRunnable(tool) || guardedTools.has(tool)) return tool;
  const run = (input: unknown, context?: RunContext): unknown => {
    const toolUse = context?.toolUse ?? lookUp(input);
    return runTool(runtime, { tool, input, toolUse, context });
  };
  const replaced: Readonly<Record<PropertyKey, unknown>> = { run, parse: sameInput };
  const guarded = new Proxy(tool, {
    get: (target, key) =>
      Object.hasOwn(replaced, key) ? replaced[key] : (Reflect.get(target, key) as unknown),
  });
  guardedTools.add(guarded);
  return guarded;
}

/** The tool's own `parse` comes after the decision: what is judged is what the model said. */
function sameInput(input: unknown): unknown {
  return input;
}

function isRunnable(tool: unknown): tool is RunnableTool {
  return (
    typeof tool === 'object' &&
    tool !== null &&
    typeof (tool as { readonly run?: unknown }).run === 'function'
  );
}
