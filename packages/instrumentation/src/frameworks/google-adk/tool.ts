import { GenAi, Operation } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { isAftertraceError } from '../../errors.ts';
import type { Clearance } from '../../guard/clearance.ts';
import { PAUSED } from '../../guard/judge.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { AnyFunction } from '../framework.ts';
import { answerOf, takeAnswer } from './confirmations.ts';
import { fieldsOf, textOf, type Tool, type ToolContext, type ToolRequest } from './types.ts';

type CallTool = (
  this: unknown,
  tool: Tool,
  args: unknown,
  context: ToolContext,
) => Promise<unknown>;

/**
 * Wraps `callToolAsync`: the decision comes first, outside ADK's own span of the call, which is then enriched. A refusal is the
 * tool's result, `{error}`, as ADK makes one of what a tool throws.
 */
export function wrapCallTool(runtime: Runtime, original: AnyFunction): AnyFunction {
  const call = original as CallTool;
  return async function callToolAsync(
    this: unknown,
    tool: Tool,
    args: unknown,
    context: ToolContext,
  ) {
    const untouched = (): Promise<unknown> => call.call(this, tool, args, context);
    const proposed = runtime.diagnostics.protect(
      'adk.propose',
      () => propose(runtime, { tool, args, context }),
      undefined,
    );
    if (proposed === undefined) return untouched();
    const { answered } = proposed;
    if (answered?.approved === false) {
      // ADK answers for the tool that a person has rejected its call.
      runtime.guard.recordRejected(proposed, answered);
      return untouched();
    }
    const cleared = await runtime.guard.clear(proposed);
    const guarded = guardTool(runtime, tool, { cleared, outer: api.trace.getActiveSpan() });
    return call.call(this, guarded, cleared.arguments, context);
  };
}

interface Proposed {
  readonly tool: Tool;
  readonly args: unknown;
  readonly context: ToolContext;
}

function propose(runtime: Runtime, { tool, args, context }: Proposed): ToolCall | undefined {
  const name = textOf(tool.name);
  if (name === undefined) return undefined;
  const scope = runtime.scopes.getStore() ?? strayScope(runtime);
  const toolCallId = textOf(context.functionCallId);
  const signal = context.invocationContext?.abortSignal;
  return {
    tool: name,
    toolCallId,
    description: textOf(tool.description),
    arguments: args,
    scope,
    context: api.context.active(),
    answered: answerOf(context) ?? takeAnswer(scope, toolCallId),
    ...(signal instanceof AbortSignal ? { signal } : {}),
  };
}

/** The same tool with a guarded `runAsync`; everything else comes from the original. */
function guardTool(
  runtime: Runtime,
  tool: Tool,
  { cleared, outer }: { readonly cleared: Clearance; readonly outer: api.Span | undefined },
): Tool {
  const runAsync = async (request: ToolRequest): Promise<unknown> => {
    let left: unknown;
    try {
      const result = await runtime.guard.run(cleared, {
        execute: async (args) => {
          left = await tool.runAsync?.({ ...request, args });
          return asks(request.toolContext) ? PAUSED : left;
        },
        nativeSpan: () => {
          const active = api.trace.getActiveSpan();
          return active === outer ? undefined : named(active, cleared.call);
        },
      });
      return result === PAUSED ? left : result;
    } catch (error) {
      if (!isAftertraceError(error)) throw error;
      return { error: error.message };
    }
  };
  return Object.create(tool, { runAsync: { value: runAsync } }) as Tool;
}

/** ADK names its span's tool only when the tool has come to a good end. */
function named(span: api.Span | undefined, { tool, toolCallId }: ToolCall): api.Span | undefined {
  return span?.setAttributes({
    [GenAi.OPERATION_NAME]: Operation.EXECUTE_TOOL,
    [GenAi.TOOL_NAME]: tool,
    ...(toolCallId === undefined ? {} : { [GenAi.TOOL_CALL_ID]: toolCallId }),
  });
}

/** The tool has asked for a person's confirmation, and answered with an error that says so. */
function asks(context: ToolContext | undefined): boolean {
  const id = textOf(context?.functionCallId);
  if (id === undefined || context?.toolConfirmation !== undefined) return false;
  return id in fieldsOf(context?.actions?.requestedToolConfirmations);
}

type GetTool = (this: unknown, request: UnknownCall, ...rest: unknown[]) => unknown;

interface UnknownCall {
  readonly functionCall?: {
    readonly name?: unknown;
    readonly id?: unknown;
    readonly args?: unknown;
  };
  readonly toolsDict?: unknown;
}

/** Wraps `getToolAndContext`, which throws where there is no such tool: ADK ends the run, and the call has failed. */
export function wrapGetTool(runtime: Runtime, original: AnyFunction): AnyFunction {
  const find = original as GetTool;
  return function getToolAndContext(this: unknown, request: UnknownCall, ...rest: unknown[]) {
    try {
      return find.call(this, request, ...rest);
    } catch (error) {
      runtime.diagnostics.protect('adk.unknown', () => recordUnknown(runtime, request), undefined);
      throw error;
    }
  };
}

/** Longest name that is told: it came from the model, and no tool has it. */
const MAX_NAME_LENGTH = 256;

function recordUnknown(runtime: Runtime, { functionCall, toolsDict }: UnknownCall): void {
  const name = textOf(functionCall?.name) ?? '';
  if (name in fieldsOf(toolsDict)) return;
  const call = {
    tool: name.slice(0, MAX_NAME_LENGTH).toWellFormed(),
    toolCallId: textOf(functionCall?.id),
    arguments: functionCall?.args,
    scope: runtime.scopes.getStore() ?? strayScope(runtime),
    context: api.context.active(),
  };
  runtime.guard.recordUnmade(call, new NoSuchToolError());
}

/** Says to the judgement what ADK says in prose. */
class NoSuchToolError extends Error {
  override readonly name = 'NoSuchToolError';
}
