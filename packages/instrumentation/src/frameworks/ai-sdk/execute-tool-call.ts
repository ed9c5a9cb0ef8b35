import * as api from '@opentelemetry/api';

import type { Clearance } from '../../guard/clearance.ts';
import { proposeCall } from '../../guard/propose-call.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { AnyFunction } from '../framework.ts';
import type { Invocation } from './invocation.ts';
import type { ExecuteToolCallOptions, Tool, ToolExecuteOptions } from './types.ts';

/** Finds the invocation that a tool call belongs to. */
export type InvocationLookup = (options: ExecuteToolCallOptions) => Invocation | undefined;

/** The AI SDK's own function. */
type ExecuteToolCall = (
  this: unknown,
  options: ExecuteToolCallOptions,
  ...rest: unknown[]
) => unknown;

/**
 * Wraps `executeToolCall`: the decision comes first, outside the tool's timeout and before its span; then the AI SDK runs
 * a tool whose `execute` is guarded. A refusal is thrown there: the AI SDK makes a tool error of it and the run goes on.
 */
export function wrapExecuteToolCall(
  runtime: Runtime,
  original: AnyFunction,
  lookUp: InvocationLookup,
): AnyFunction {
  const run = original as ExecuteToolCall;
  return function executeToolCall(
    this: unknown,
    options: ExecuteToolCallOptions,
    ...rest: unknown[]
  ) {
    const untouched = (): unknown => run.call(this, options, ...rest);
    const proposal = proposeCall(runtime, 'ai_sdk.propose', () =>
      propose(runtime, options, lookUp(options)),
    );
    if (proposal === undefined) return untouched();
    const guarded = (cleared: Clearance): unknown => {
      const tools = { [options.toolCall.toolName]: guardTool(runtime, proposal, cleared) };
      return runtime.scopes.run(proposal.call.scope, () =>
        run.call(this, { ...options, tools }, ...rest),
      );
    };
    const cleared = runtime.guard.clear(proposal.call);
    return cleared instanceof Promise ? cleared.then(guarded) : guarded(cleared);
  };
}

/** A call of a tool that the AI SDK is about to run. */
export interface Proposal {
  readonly call: ToolCall;
  readonly tool: Tool & { readonly execute: NonNullable<Tool['execute']> };
  readonly invocation: Invocation | undefined;
}

/** Undefined where there is nothing to run, or it is the application that runs it. */
export function propose(
  runtime: Runtime,
  options: ExecuteToolCallOptions,
  invocation: Invocation | undefined,
): Proposal | undefined {
  const { toolName, toolCallId, input } = options.toolCall;
  const { tools } = options;
  const tool = tools !== undefined && Object.hasOwn(tools, toolName) ? tools[toolName] : undefined;
  if (typeof tool?.execute !== 'function') return undefined;
  const scope = invocation?.place.scope ?? runtime.scopes.getStore() ?? strayScope(runtime);
  const { description } = tool;
  return {
    invocation,
    tool: tool as Proposal['tool'],
    call: {
      tool: toolName,
      toolCallId,
      arguments: input,
      description: typeof description === 'string' ? description : undefined,
      scope,
      context: invocation?.context ?? api.context.active(),
      signal: options.abortSignal,
      answered: invocation?.takeAnswer(toolCallId),
    },
  };
}

/** The same tool with a guarded `execute`; everything else comes from the original. */
export function guardTool(runtime: Runtime, proposal: Proposal, cleared: Clearance): Tool {
  const { tool, call, invocation } = proposal;
  const execute = (_input: unknown, options: ToolExecuteOptions): unknown =>
    runtime.guard.run(withSignal(cleared, options.abortSignal), {
      execute: (args, signal) => {
        const abortSignal = signal();
        return Reflect.apply(tool.execute, tool, [
          args,
          abortSignal === options.abortSignal ? options : { ...options, abortSignal },
        ]);
      },
      ...(invocation?.place.native === undefined
        ? {}
        : { nativeSpan: () => nativeToolSpan(invocation, call) }),
    });
  return Object.create(tool, { execute: { value: execute, enumerable: true } }) as Tool;
}

/** The tool's own signal also ends with its timeout. */
function withSignal(cleared: Clearance, signal: AbortSignal | undefined): Clearance {
  if (signal === cleared.call.signal) return cleared;
  return { ...cleared, call: { ...cleared.call, signal } };
}

/**
 * The span that the application's telemetry opened for this call: the active one, if it is not the one that was active
 * where the agent was called. Where there is none, the call's events still stand in the run's trace.
 */
function nativeToolSpan(invocation: Invocation, call: ToolCall): api.Span {
  const active = api.trace.getActiveSpan();
  if (active !== undefined && active !== api.trace.getSpan(invocation.place.parent)) return active;
  const root = api.trace.getSpanContext(call.context) ?? api.INVALID_SPAN_CONTEXT;
  return api.trace.wrapSpanContext(root);
}
