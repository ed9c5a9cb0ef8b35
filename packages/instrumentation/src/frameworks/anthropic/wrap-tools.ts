import * as api from '@opentelemetry/api';

import { bothSignals } from '../../guard/both-signals.ts';
import type { Runtime } from '../../runtime.ts';
import { isRealSpan } from '../../spans/is-real-span.ts';
import type { AnyFunction } from '../framework.ts';
import {
  clearedCalls,
  proposedToolCall,
  runCleared,
  runTool,
  textOf,
  withSignal,
} from './run-tool.ts';
import type { Client, RunContext, RunnableTool, RunnableToolset, ToolUse } from './types.ts';

type RunRunnableTool = (
  this: unknown,
  tool: RunnableTool,
  input: unknown,
  context: RunContext | undefined,
) => unknown;

/** Wraps `runRunnableTool`: the SDK gets a tool whose `run` is guarded, and makes a result of what it gives or throws. */
export function wrapRunRunnableTool(runtime: Runtime, original: AnyFunction): AnyFunction {
  const run = original as RunRunnableTool;
  return function runRunnableTool(
    this: unknown,
    tool: RunnableTool,
    input: unknown,
    context: RunContext | undefined,
  ) {
    const guarded = (): unknown =>
      runTool(runtime, { tool, input, toolUse: context?.toolUse, context });
    return run.call(this, { run: guarded }, input, context);
  };
}

type RunToolsetMember = (
  this: unknown,
  toolset: RunnableToolset,
  toolUse: ToolUse,
  options?: RunContext,
) => unknown;

/** Wraps `runToolsetMember`; computer and browser toolsets come this way. */
export function wrapRunToolsetMember(runtime: Runtime, original: AnyFunction): AnyFunction {
  const run = original as RunToolsetMember;
  return function runToolsetMember(
    this: unknown,
    toolset: RunnableToolset,
    toolUse: ToolUse,
    options?: RunContext,
  ) {
    const guarded = async (context: RunContext, use: ToolUse): Promise<unknown> => {
      const early = clearedCalls.getStore();
      const call =
        early?.cleared.call ??
        proposedToolCall(runtime, {
          tool: textOf(use.name) ?? 'unknown',
          toolUseId: textOf(use.id),
          arguments: use.input,
          description: undefined,
          signal: context.signal,
        });
      const cleared = early?.cleared ?? (await runtime.guard.clear(call));
      return runtime.guard.run(withSignal(cleared, context.signal), {
        execute: (input, stop) => {
          const signal = stop();
          return runCleared(() =>
            toolset.run(
              signal === context.signal ? context : { ...context, signal },
              input === use.input ? use : { ...use, input },
            ),
          );
        },
        nativeSpan: () => early?.span,
      });
    };
    const standIn = Object.create(toolset, { run: { value: guarded } }) as RunnableToolset;
    return run.call(this, standIn, toolUse, options);
  };
}

/** Of a span of the SDK, and where it belongs. */
interface ToolUseSpanOptions {
  readonly signal?: AbortSignal | undefined;
  readonly parentContext?: api.Context | undefined;
}

/** With a copy of the API that no SDK has registered with, there is nothing in the SDK's context. */
function contextOf({ parentContext }: ToolUseSpanOptions): api.Context | undefined {
  const span = parentContext === undefined ? undefined : api.trace.getSpan(parentContext);
  return isRealSpan(span) ? parentContext : undefined;
}

type ToolUseSpanArguments = readonly [
  client: Client,
  tool: RunnableTool,
  toolUse: ToolUse,
  options: ToolUseSpanOptions,
  run: () => unknown,
];

type WithToolUseSpan = (this: unknown, ...given: ToolUseSpanArguments) => unknown;

/**
 * Wraps `withToolUseSpan`: the decision comes first, so that a person's time is not the tool's, and so that a refused call
 * gets no span that the SDK would close as an error. The span of a call that runs is the SDK's, enriched.
 */
export function wrapWithToolUseSpan(runtime: Runtime, original: AnyFunction): AnyFunction {
  const open = original as WithToolUseSpan;
  return async function withToolUseSpan(this: unknown, ...given: ToolUseSpanArguments) {
    const [client, tool, toolUse, options, run] = given;
    const call = runtime.diagnostics.protect(
      'anthropic.propose',
      () =>
        proposedToolCall(runtime, {
          tool: textOf(toolUse.name) ?? 'unknown',
          toolUseId: textOf(toolUse.id),
          arguments: toolUse.input,
          description: tool.description,
          signal: options.signal,
          context: contextOf(options),
        }),
      undefined,
    );
    if (call === undefined) return open.call(this, ...given);
    const cleared = await runtime.guard.clear(call);
    if (cleared.refusal !== undefined) {
      return clearedCalls.run({ cleared, span: undefined }, run);
    }
    const outer = api.trace.getActiveSpan();
    const inSpan = (): unknown => {
      const active = client._tracer === undefined ? undefined : api.trace.getActiveSpan();
      return clearedCalls.run({ cleared, span: active === outer ? undefined : active }, run);
    };
    // What a containment stops is no failure: the SDK leaves the span of a call as it is whose signal has aborted.
    const signal = bothSignals(call.scope.halt?.signal, options.signal);
    return open.call(this, client, tool, toolUse, { ...options, signal }, inSpan);
  };
}
