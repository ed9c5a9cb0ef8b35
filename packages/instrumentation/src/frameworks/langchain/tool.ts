import { AsyncLocalStorage } from 'node:async_hooks';

import * as api from '@opentelemetry/api';

import { isAftertraceError } from '../../errors.ts';
import { proposeCall } from '../../guard/propose-call.ts';
import type { FrameworkAnswer, ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { AnyFunction } from '../framework.ts';
import { takeAnswer } from './answers.ts';
import { callGuarded, callIdIn, withSignal } from './guarded-call.ts';
import { fieldsOf, textOf, type Tool, type ToolFunction } from './types.ts';

type Call = (
  this: unknown,
  input: unknown,
  config?: unknown,
  ...rest: unknown[]
) => Promise<unknown>;

/** Tools whose `_call` is guarded, so that each is so once. */
const guarded = new WeakSet<object>();
/** A call of a tool whose message has not been made yet; ids of calls are a conversation's own. */
interface Making {
  /** A person's approval, until the call is made. */
  answered?: FrameworkAnswer | undefined;
  /** Id of the call, once it is refused. */
  refused?: string;
}

const making = new AsyncLocalStorage<Making>();

/**
 * Wraps `StructuredTool.prototype.call`, where every tool is called. The guard stands around the tool's own `_call`: there
 * the arguments have been checked, and what it returns has not been made a message yet. Arguments that do not fit are
 * answered by LangChain, and recorded as a call that was not made.
 */
export function wrapToolCall(runtime: Runtime, original: AnyFunction): AnyFunction {
  const run = original as Call;
  return async function call(this: unknown, input: unknown, config?: unknown, ...rest: unknown[]) {
    const tool =
      proposeCall(runtime, 'langchain.guard_tool', () => guardTool(runtime, this as Tool)) ??
      (this as Tool);
    const made: Making = {};
    runtime.diagnostics.protect(
      'langchain.answer',
      () => {
        made.answered = approvalOf(runtime, { tool, input, config });
      },
      undefined,
    );
    try {
      return asRefusal(made, await making.run(made, () => run.call(tool, input, config, ...rest)));
    } catch (error) {
      runtime.diagnostics.protect(
        'langchain.unmade',
        () => recordUnmade(runtime, { tool, input, config }, error),
        undefined,
      );
      throw error;
    }
  };
}

/** Puts the guard on the tool itself, as each author's class has a `_call` of its own; one that is frozen gets it in front. */
function guardTool(runtime: Runtime, tool: Tool): Tool {
  if (guarded.has(tool)) return tool;
  const original = tool._call;
  if (typeof original !== 'function') return tool;
  const value: ToolFunction = function _call(this: unknown, input: unknown, ...rest: unknown[]) {
    return callOwn(runtime, tool, { original, self: this, input, rest });
  };
  const own = { value, writable: true, configurable: true };
  if (!Reflect.defineProperty(tool, '_call', own))
    return Object.create(tool, { _call: own }) as Tool;
  guarded.add(tool);
  return tool;
}

/** One call of a tool's own function. */
interface OwnCall {
  readonly original: ToolFunction;
  readonly self: unknown;
  readonly input: unknown;
  /** The manager of callbacks and the config, on which the signal stands. */
  readonly rest: readonly unknown[];
}

async function callOwn(runtime: Runtime, tool: Tool, made: OwnCall): Promise<unknown> {
  const [manager, config, ...others] = made.rest;
  const run = (input: unknown, passed: unknown): unknown =>
    made.original.call(made.self, input, manager, passed, ...others);
  let toolCallId: string | undefined;
  try {
    const call = proposeCall(runtime, 'langchain.propose', () => {
      toolCallId = callIdIn(config);
      return propose(runtime, tool, made.input, config);
    });
    if (call === undefined) return await run(made.input, config);
    return await callGuarded(runtime, call, (args, signal) =>
      settled(run(args, withSignal(config, signal)), manager),
    );
  } catch (error) {
    if (!isAftertraceError(error) || toolCallId === undefined) throw error;
    return refusal(tool, toolCallId, error.message);
  }
}

function propose(runtime: Runtime, tool: Tool, input: unknown, config: unknown): ToolCall {
  const scope = runtime.scopes.getStore() ?? strayScope(runtime);
  const toolCallId = callIdIn(config);
  const signal = fieldsOf(config)['signal'];
  return {
    tool: textOf(tool.name) ?? 'tool',
    toolCallId,
    description: textOf(tool.description),
    arguments: input,
    scope,
    context: api.context.active(),
    answered: takeApproval(),
    ...(signal instanceof AbortSignal ? { signal } : {}),
  };
}

/** What a tool is called with, before LangChain checks it. */
interface Called {
  readonly tool: Tool;
  readonly input: unknown;
  readonly config: unknown;
}

/** What was approved are the arguments as the model, or the person, gave them: a schema may add to them. */
function approvalOf(
  runtime: Runtime,
  { tool, input, config }: Called,
): FrameworkAnswer | undefined {
  const scope = runtime.scopes.getStore();
  const toolCallId = callIdIn(config);
  const name = textOf(tool.name);
  if (scope === undefined || toolCallId === undefined || name === undefined) return undefined;
  return takeAnswer(scope, { toolCallId, tool: name, arguments: input });
}

/** Once: a tool may call others. */
function takeApproval(): FrameworkAnswer | undefined {
  const made = making.getStore();
  const answered = made?.answered;
  if (made !== undefined) made.answered = undefined;
  return answered;
}

/**
 * A tool that answers in parts tells LangChain of them as it goes; its result is what it returns. As LangChain itself does
 * it (1.1 on), but here, where the judgement is.
 */
async function settled(value: unknown, manager: unknown): Promise<unknown> {
  const given = await value;
  const { handleToolEvent } = fieldsOf(manager);
  if (typeof handleToolEvent !== 'function' || !isAsyncGenerator(given)) return given;
  try {
    for (;;) {
      const step = await given.next();
      if (step.done === true) return step.value;
      await Reflect.apply(handleToolEvent, manager, [step.value]);
    }
  } finally {
    await given.return?.(undefined);
  }
}

function isAsyncGenerator(value: unknown): value is AsyncGenerator<unknown, unknown> {
  const { next } = fieldsOf(value);
  return typeof next === 'function' && Symbol.asyncIterator in fieldsOf(value);
}

/**
 * What LangChain makes a message of, in the form that this tool's results have: a refusal is an answer to the model. Thrown, it
 * would end the run in some agents (`createAgent` gives only invalid arguments back), and be tried again by others.
 */
function refusal(tool: Tool, toolCallId: string, message: string): unknown {
  const made = making.getStore();
  if (made !== undefined) made.refused = toolCallId;
  const isPair = fieldsOf(tool)['responseFormat'] === 'content_and_artifact';
  return isPair ? [message, undefined] : message;
}

/** The message that answers a refused call says so. */
function asRefusal({ refused }: Making, result: unknown): unknown {
  if (refused === undefined || fieldsOf(result)['tool_call_id'] !== refused) return result;
  (result as { status?: string }).status = 'error';
  return result;
}

/** LangChain checks the arguments before the tool is called, and answers by itself where they do not fit. */
function recordUnmade(runtime: Runtime, made: Called, error: unknown): void {
  // By its place, for the class has no name of its own: its errors carry the arguments as text.
  if (!(error instanceof Error) || typeof fieldsOf(error)['output'] !== 'string') return;
  if (!error.message.startsWith('Received tool input did not match')) return;
  const call = propose(runtime, made.tool, made.input, made.config);
  runtime.guard.recordUnmade(call, error);
}
