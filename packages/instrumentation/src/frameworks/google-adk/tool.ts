import { GenAi, Operation } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { isAftertraceError } from '../../errors.ts';
import { clearance, type Clearance } from '../../guard/clearance.ts';
import { EndedByFramework } from '../../guard/ended-by-framework.ts';
import type { LateAnswer } from '../../guard/framework-answer.ts';
import { PAUSED } from '../../guard/judge.ts';
import { proposeCall } from '../../guard/propose-call.ts';
import type { FrameworkAnswer, ToolCall } from '../../guard/tool-call.ts';
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
    let proposed: ToolCall | undefined;
    try {
      proposed = proposeCall(runtime, 'adk.propose', () =>
        propose(runtime, { tool, args, context }),
      );
    } catch (error) {
      return refusalText(error);
    }
    if (proposed === undefined) return call.call(this, tool, args, context);
    const { answered } = proposed;
    const rejection = answered?.approved === false ? answered : undefined;
    const cleared = isAnsweredByAdk(tool, rejection)
      ? clearance(proposed)
      : await runtime.guard.clear(
          rejection === undefined ? proposed : { ...proposed, answered: undefined },
        );
    const outer = api.trace.getActiveSpan();
    const guarded = guardTool(runtime, tool, { cleared, rejection, outer });
    return call.call(this, guarded, cleared.arguments, context);
  };
}

/** ADK answers for a tool whose confirmation was denied: it does not run, and nobody has to be asked again. */
function isAnsweredByAdk(tool: Tool, rejection: FrameworkAnswer | undefined): boolean {
  return rejection !== undefined && fieldsOf(tool)['requireConfirmation'] === true;
}

/** As ADK tells the model what a tool throws. */
function refusalText(error: unknown): { readonly error: string } {
  if (!isAftertraceError(error)) throw error;
  return { error: error.message };
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
    answered: takeAnswer(context, { tool: name, arguments: args }) ?? answerOf(context),
    ...(signal instanceof AbortSignal ? { signal } : {}),
  };
}

/** How a tool is called. */
interface Guarding {
  readonly cleared: Clearance;
  /** A person has rejected the call, and the tool itself sees to that, or does not. */
  readonly rejection: FrameworkAnswer | undefined;
  readonly outer: api.Span | undefined;
}

/** The same tool with a guarded `runAsync`; everything else comes from the original. */
function guardTool(runtime: Runtime, tool: Tool, { cleared, rejection, outer }: Guarding): Tool {
  const runAsync = async (request: ToolRequest): Promise<unknown> => {
    let left: unknown;
    try {
      const late = rejectedBy(runtime, cleared, rejection);
      const result = await runtime.guard.run(cleared, {
        execute: async (args) => {
          left = await tool.runAsync?.({ ...request, args });
          if (rejection !== undefined && saysRejected(left)) {
            throw new EndedByFramework('denied', 'guard.human');
          }
          return asks(request.toolContext) ? PAUSED : left;
        },
        nativeSpan: () => {
          const active = api.trace.getActiveSpan();
          return active === outer ? undefined : named(active, cleared.call);
        },
        late,
      });
      return result === PAUSED ? left : result;
    } catch (error) {
      if (error instanceof EndedByFramework) return left;
      return refusalText(error);
    }
  };
  return Object.create(tool, { runAsync: { value: runAsync } }) as Tool;
}

/** A tool that looks at the answer itself runs all the same: the rejection is recorded with what it makes of it. */
function rejectedBy(
  runtime: Runtime,
  cleared: Clearance,
  answer: FrameworkAnswer | undefined,
): LateAnswer | undefined {
  if (answer === undefined || cleared.nested) return undefined;
  const into: LateAnswer = {};
  runtime.diagnostics.protect(
    'adk.answer',
    () => runtime.guard.answer(cleared, { answer, arguments: cleared.arguments, into }),
    undefined,
  );
  return into;
}

/** As ADK's own tools answer a call that was rejected. */
function saysRejected(result: unknown): boolean {
  return /\brejected\b/.test(textOf(fieldsOf(result)['error']) ?? '');
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
  return Object.hasOwn(fieldsOf(context?.actions?.requestedToolConfirmations), id);
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
  if (Object.hasOwn(fieldsOf(toolsDict), name)) return;
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
