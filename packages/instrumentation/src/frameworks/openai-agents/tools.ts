import * as api from '@opentelemetry/api';

import { isAftertraceError } from '../../errors.ts';
import { proposeCall } from '../../guard/propose-call.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { AnyFunction } from '../framework.ts';
import { approverOf, text } from './identity.ts';
import { FRAMEWORK, LiveAgent } from './live-agent.ts';
import type { Agent, InvokeOptions, RunContext, RunState, ToolOptions, ToolRun } from './types.ts';

type Invoke = (this: unknown, options: InvokeOptions, ...rest: unknown[]) => Promise<unknown>;

/**
 * Wraps `invokeFunctionTool`, which calls function tools and tools of MCP servers. A throw out of it ends the run
 * (`ToolCallError`): a refusal is given to the model as the tool's result.
 */
export function wrapInvoke(runtime: Runtime, original: AnyFunction): AnyFunction {
  const invoke = original as Invoke;
  return async function invokeFunctionTool(
    this: unknown,
    options: InvokeOptions,
    ...rest: unknown[]
  ): Promise<unknown> {
    return refusable(async () => {
      const call = proposeCall(runtime, 'openai_agents.propose', () =>
        proposedCall(runtime, options),
      );
      if (call === undefined) return invoke.call(this, options, ...rest);
      return runtime.guard.call(call, {
        execute: (args, signal) =>
          invoke.call(this, changed(options, call, { args, signal: signal() }), ...rest),
      });
    });
  };
}

/** The refusal's words in place of a result; what the tool itself throws goes on. */
export async function refusable<T>(action: () => Promise<T>): Promise<T | string> {
  try {
    return await action();
  } catch (error) {
    if (!isAftertraceError(error)) throw error;
    if (error.code !== 'call_refused' && error.code !== 'call_stopped') throw error;
    return error.message;
  }
}

/** Where a call stands that the runner makes now. */
export function placeOf(runtime: Runtime): Pick<ToolCall, 'scope' | 'context'> {
  const live = LiveAgent.of(runtime);
  if (live !== undefined) return live.current;
  const scope = runtime.scopes.getStore() ?? strayScope(runtime);
  return { scope, context: api.context.active() };
}

function proposedCall(runtime: Runtime, options: InvokeOptions): ToolCall {
  const { tool, input, details, runContext } = options;
  const toolCallId = text(details?.toolCall?.callId);
  return {
    tool: tool.name,
    toolCallId,
    arguments: parsed(input),
    description: text(tool.description),
    ...placeOf(runtime),
    signal: details?.signal,
    answered: approvalOf(runContext, { tool: tool.name, toolCallId }),
  };
}

/** A person's answer to this call, or to all of this tool. */
export function approvalOf(
  runContext: RunContext | undefined,
  { tool, toolCallId }: { readonly tool: string; readonly toolCallId: string | undefined },
): ToolCall['answered'] {
  if (toolCallId === undefined) return undefined;
  const approved = runContext?.isToolApproved?.({ toolName: tool, callId: toolCallId });
  if (approved === undefined) return undefined;
  const { actor, reason } = approverOf(runContext);
  const message = approved ? undefined : runContext?.getRejectionMessage?.(tool, toolCallId);
  return {
    framework: FRAMEWORK,
    approvalId: toolCallId,
    approved,
    actor,
    reason: text(message) ?? reason,
  };
}

/** Arguments that are no JSON are judged as the text that they are. */
export function parsed(input: unknown): unknown {
  if (typeof input !== 'string') return input;
  try {
    return JSON.parse(input) as unknown;
  } catch {
    return input;
  }
}

interface Change {
  readonly args: unknown;
  readonly signal: AbortSignal | undefined;
}

/** As the guard passes it on. The runner's object stays the one that it is: other things are kept under its identity. */
function changed(options: InvokeOptions, call: ToolCall, { args, signal }: Change): InvokeOptions {
  const { details } = options;
  if (details !== undefined && signal !== undefined) details.signal = signal;
  const input = args === call.arguments ? options.input : asText(args);
  return {
    ...options,
    input,
    ...(details === undefined && signal !== undefined ? { details: { signal } } : {}),
  };
}

function asText(args: unknown): string {
  return typeof args === 'string' ? args : JSON.stringify(args);
}

type MakeTool = (this: unknown, options: ToolOptions, ...rest: unknown[]) => unknown;

/**
 * Wraps `tool`: the SDK makes a text of what a tool throws, and tells nobody else. Its call is told here, so that it counts
 * as what it is, a failure.
 */
export function wrapTool(runtime: Runtime, original: AnyFunction): AnyFunction {
  const make = original as MakeTool;
  return function tool(this: unknown, options: ToolOptions, ...rest: unknown[]) {
    const { execute } = options;
    if (typeof execute !== 'function') return make.call(this, options, ...rest);
    const told = async (...args: unknown[]): Promise<unknown> => {
      try {
        return (await Reflect.apply(execute, options, args)) as unknown;
      } catch (error) {
        runtime.scopes.getStore()?.toolCall?.sawInside?.({ kind: 'threw', error });
        throw error;
      }
    };
    Object.defineProperty(told, 'name', { value: execute.name });
    return make.call(this, { ...options, execute: told }, ...rest);
  };
}

type ExecuteArguments = readonly [
  agent: Agent,
  toolRuns: readonly ToolRun[],
  runner: unknown,
  state: RunState,
  ...rest: unknown[],
];

type ExecuteCalls = (this: unknown, ...args: ExecuteArguments) => Promise<unknown>;

/** Wraps `executeFunctionToolCalls`: what a person has rejected, the runner answers by itself. */
export function wrapExecuteCalls(runtime: Runtime, original: AnyFunction): AnyFunction {
  const execute = original as ExecuteCalls;
  return function executeFunctionToolCalls(this: unknown, ...args: ExecuteArguments) {
    const [agent, toolRuns, , state] = args;
    runtime.diagnostics.protect(
      'openai_agents.answers',
      () => {
        LiveAgent.of(runtime)?.turnTo(agent);
        for (const toolRun of toolRuns) recordIfRejected(runtime, toolRun, state);
      },
      undefined,
    );
    return execute.apply(this, [...args]);
  };
}

function recordIfRejected(runtime: Runtime, { tool, toolCall }: ToolRun, state: RunState): void {
  const toolCallId = text(toolCall.callId);
  const answer = approvalOf(state._context, { tool: tool.name, toolCallId });
  if (answer?.approved !== false) return;
  const call = { tool: tool.name, toolCallId, arguments: parsed(toolCall.arguments) };
  runtime.guard.recordRejected({ ...call, ...placeOf(runtime) }, answer);
}
