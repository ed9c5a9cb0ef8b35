import * as api from '@opentelemetry/api';

import type { Runtime } from '../../runtime.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { AnyFunction } from '../framework.ts';
import { callsIn } from './messages.ts';
import { fieldsOf, textOf, type Message, type ModelToolCall, type ToolNode } from './types.ts';

type Run = (this: unknown, input: unknown, ...rest: unknown[]) => Promise<unknown>;

/**
 * Wraps `ToolNode.prototype.run`: a call of a tool that the node does not have is answered by the node, or ends the run in
 * `langchain` 1.0; either way it is recorded as a call that was not made.
 */
export function wrapToolNode(runtime: Runtime, original: AnyFunction): AnyFunction {
  const node = original as Run;
  return async function run(this: unknown, input: unknown, ...rest: unknown[]) {
    const unknown = runtime.diagnostics.protect(
      'langchain.unknown',
      () => unknownCalls(this as ToolNode, input),
      [],
    );
    if (unknown.length === 0) return node.call(this, input, ...rest);
    try {
      const result = await node.call(this, input, ...rest);
      // A middleware may bring a tool along for a call that the node itself cannot make.
      const failed = unknown.filter(({ id }) => isAnsweredWithError(result, id));
      for (const call of failed) recordUnknown(runtime, call);
      return result;
    } catch (error) {
      for (const call of unknown) recordUnknown(runtime, call);
      throw error;
    }
  };
}

/** Of one call that was sent to the node, or of all that the model asked for and that have no answer yet. */
function unknownCalls({ tools }: ToolNode, input: unknown): readonly ModelToolCall[] {
  if (!Array.isArray(tools)) return [];
  const { lg_tool_call: sent } = fieldsOf(input);
  const calls = sent === undefined ? callsIn(input) : [sent as ModelToolCall];
  return calls.filter(({ name }) => !tools.some((tool) => fieldsOf(tool)['name'] === name));
}

/** The node answers with messages, in a list, in the state, or one by one beside commands. */
function isAnsweredWithError(result: unknown, id: unknown): boolean {
  const { messages } = fieldsOf(result);
  const parts: unknown[] = Array.isArray(result) ? result : Array.isArray(messages) ? messages : [];
  return parts.some((part) => {
    const { tool_call_id: answers, status, messages: more } = fieldsOf(part) as Message;
    if (Array.isArray(more)) return isAnsweredWithError(more, id);
    // The ToolNode of 0.2 gives its messages no status.
    return answers === id && status !== 'success';
  });
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
