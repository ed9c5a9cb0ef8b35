import * as api from '@opentelemetry/api';

import type { Runtime } from '../../runtime.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { AnyFunction } from '../framework.ts';
import { fieldsOf, textOf, type Message, type ModelToolCall, type ToolNode } from './types.ts';

type RunTool = (this: unknown, call: ModelToolCall, ...rest: unknown[]) => Promise<unknown>;

/**
 * Wraps `ToolNode.prototype.runTool`: a call of a tool that the node does not have is answered by the node, and by `langchain`
 * 1.0 with an end of the run; it is recorded as a call that was not made.
 */
export function wrapRunTool(runtime: Runtime, original: AnyFunction): AnyFunction {
  const run = original as RunTool;
  return async function runTool(this: unknown, call: ModelToolCall, ...rest: unknown[]) {
    const isUnknown = runtime.diagnostics.protect(
      'langchain.find',
      () => lacks(this as ToolNode, call),
      false,
    );
    if (!isUnknown) return run.call(this, call, ...rest);
    try {
      const result = await run.call(this, call, ...rest);
      // A middleware may bring a tool along for a call that the node itself cannot make.
      if ((fieldsOf(result) as Message).status === 'error') recordUnknown(runtime, call);
      return result;
    } catch (error) {
      recordUnknown(runtime, call);
      throw error;
    }
  };
}

function lacks({ tools }: ToolNode, { name }: ModelToolCall): boolean {
  return Array.isArray(tools) && !tools.some((tool) => fieldsOf(tool)['name'] === name);
}

function recordUnknown(runtime: Runtime, { name, id, args }: ModelToolCall): void {
  const tool = (textOf(name) ?? '').slice(0, MAX_NAME_LENGTH).toWellFormed();
  const call = {
    tool,
    toolCallId: textOf(id),
    arguments: args,
    scope: runtime.scopes.getStore() ?? strayScope(runtime),
    context: api.context.active(),
  };
  runtime.guard.recordUnmade(call, new NoSuchToolError());
}

/** Longest name that is told: it came from the model, and no tool has it. */
const MAX_NAME_LENGTH = 256;

/** Says to the judgement what LangChain says in prose. */
class NoSuchToolError extends Error {
  override readonly name = 'NoSuchToolError';
}
