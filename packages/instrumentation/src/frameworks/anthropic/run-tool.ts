import { AsyncLocalStorage } from 'node:async_hooks';

import * as api from '@opentelemetry/api';

import type { Clearance } from '../../guard/clearance.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import type { Scope } from '../../spans/scope.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { RunContext, RunnableTool, ToolUse } from './types.ts';

/** A call that was cleared before the SDK opened its span for it. */
export interface ClearedCall {
  readonly cleared: Clearance;
  /** The SDK's own span of the call. */
  readonly span: api.Span | undefined;
}

/** Carries the clearance from where the SDK opens a call's span to where it runs the tool. */
export const clearedCalls = new AsyncLocalStorage<ClearedCall | undefined>();

/** The tool itself: a call that it makes in turn is another, and is decided on its own. */
export function runCleared<T>(run: () => T): T {
  return clearedCalls.run(undefined, run);
}

/** What is known of a call beside its tool. */
export interface CallFacts {
  readonly tool: string;
  readonly toolUseId: string | undefined;
  readonly arguments: unknown;
  readonly description: unknown;
  readonly signal: AbortSignal | undefined;
  /** Where it is known better than by the asynchronous context. */
  readonly scope?: Scope | undefined;
  readonly context?: api.Context | undefined;
}

/** The call in the guard's words. */
export function proposedToolCall(runtime: Runtime, facts: CallFacts): ToolCall {
  const { description } = facts;
  return {
    tool: facts.tool,
    toolCallId: facts.toolUseId,
    arguments: facts.arguments,
    description: typeof description === 'string' ? description : undefined,
    scope: facts.scope ?? runtime.scopes.getStore() ?? strayScope(runtime),
    context: facts.context ?? api.context.active(),
    signal: facts.signal,
  };
}

/** One use of a tool that is an object with a `run`. */
export interface ToolRun {
  readonly tool: RunnableTool;
  /** As the model gave it, before the tool's own `parse`. */
  readonly input: unknown;
  readonly toolUse: ToolUse | undefined;
  readonly context: RunContext | undefined;
}

/**
 * Parses, decides, runs, judges. Rejects with the refusal, which the SDK tells the model as a result with `is_error`; the run
 * goes on. Input that the tool's own `parse` does not take is a call that was not made.
 */
export async function runTool(runtime: Runtime, use: ToolRun): Promise<unknown> {
  const { tool, input, toolUse, context } = use;
  const early = clearedCalls.getStore();
  const call =
    early?.cleared.call ??
    proposedToolCall(runtime, {
      tool: textOf(toolUse?.name) ?? textOf(tool.name) ?? 'unknown',
      toolUseId: textOf(toolUse?.id),
      arguments: input,
      description: tool.description,
      signal: context?.signal,
    });
  const parse = (raw: unknown): unknown =>
    typeof tool.parse === 'function' ? tool.parse(raw) : raw;
  const isRefused = early?.cleared.refusal !== undefined;
  let parsed: unknown;
  if (!isRefused) {
    try {
      parsed = parse(input);
    } catch (error) {
      runtime.guard.recordUnmade(call, error);
      throw error;
    }
  }
  const cleared = early?.cleared ?? (await runtime.guard.clear(call));
  return runtime.guard.run(withSignal(cleared, context?.signal), {
    execute: (args, stop) => {
      const signal = stop();
      const given = args === input ? parsed : parse(args);
      const within = signal === context?.signal ? context : { ...context, signal };
      return runCleared(() => tool.run(given, within));
    },
    nativeSpan: () => early?.span,
  });
}

/** Hosted agents give each run of a tool a signal of its own, which also ends with its timeout. */
export function withSignal(cleared: Clearance, signal: AbortSignal | undefined): Clearance {
  if (signal === cleared.call.signal) return cleared;
  return { ...cleared, call: { ...cleared.call, signal } };
}

/** A text that is one, and says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
