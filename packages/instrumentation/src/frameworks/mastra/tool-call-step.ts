import * as api from '@opentelemetry/api';

import type { FrameworkAnswer, ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import type { Run, Scope } from '../../spans/scope.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { AnyFunction } from '../framework.ts';
import { fromContext } from './request-context.ts';
import { fieldsOf, textOf, type StepContext } from './types.ts';

type Execute = (this: unknown, context: StepContext, ...rest: unknown[]) => Promise<unknown>;

/** Answers on their way to their calls. */
const answers = new WeakMap<Run, Map<string, FrameworkAnswer>>();

/**
 * Wraps `createToolCallStep`, which makes the step of the agent's loop that calls one tool: there it shows what people answered
 * about calls with `requireApproval`, and which calls Mastra answers by itself because it has no such tool.
 */
export function wrapToolCallStep(runtime: Runtime, original: AnyFunction): AnyFunction {
  const create = original as (this: unknown, ...args: unknown[]) => unknown;
  return function createToolCallStep(this: unknown, ...args: unknown[]) {
    const step = create.apply(this, args);
    runtime.diagnostics.protect('mastra.step', () => watch(runtime, step), undefined);
    return step;
  };
}

function watch(runtime: Runtime, step: unknown): void {
  const { execute } = fieldsOf(step);
  if (typeof execute !== 'function') return;
  const watched: Execute = async function executeStep(context, ...rest) {
    const about = runtime.diagnostics.protect(
      'mastra.step',
      () => begin(runtime, context),
      undefined,
    );
    if (about === undefined) return (execute as Execute).call(this, context, ...rest);
    const after = (result: unknown, error?: unknown): void =>
      runtime.diagnostics.protect(
        'mastra.step',
        () => end(runtime, about, { result, error }),
        undefined,
      );
    try {
      const result = await (execute as Execute).call(this, context, ...rest);
      after(result);
      return result;
    } catch (error) {
      after(undefined, error);
      throw error;
    }
  };
  (step as { execute: unknown }).execute = watched;
}

/** One call in its step. */
interface Step {
  readonly call: ToolCall;
  /** What a person answered, where the step goes on after a question. */
  readonly answer: FrameworkAnswer | undefined;
}

function begin(runtime: Runtime, context: StepContext): Step | undefined {
  const { toolName, toolCallId, args } = context.inputData ?? {};
  const tool = textOf(toolName);
  if (tool === undefined) return undefined;
  const scope = runtime.scopes.getStore() ?? strayScope(runtime);
  const id = textOf(toolCallId);
  const call: ToolCall = {
    tool: tool.slice(0, MAX_NAME_LENGTH).toWellFormed(),
    toolCallId: id,
    arguments: args,
    scope,
    context: api.context.active(),
  };
  const answer = answerIn(context, id ?? tool);
  if (answer !== undefined && id !== undefined) {
    const kept = answers.get(scope.run) ?? new Map<string, FrameworkAnswer>();
    answers.set(scope.run, kept.set(id, answer));
  }
  return { call, answer };
}

/** Longest name that is told of a call: it came from the model, and perhaps no tool has it. */
const MAX_NAME_LENGTH = 256;

/** An answer about a call of a sub-agent is told where that one's call is made. */
function answerIn(
  { resumeData, suspendData, requestContext }: StepContext,
  approvalId: string,
): FrameworkAnswer | undefined {
  const { approved, reason } = fieldsOf(resumeData);
  if (typeof approved !== 'boolean') return undefined;
  if (textOf(fieldsOf(suspendData)['suspendedToolRunId']) !== undefined) return undefined;
  return {
    framework: 'mastra',
    approvalId,
    approved,
    reason: textOf(reason) ?? textOf(fromContext(requestContext, 'approvalReason')),
    actor: approverIn(requestContext),
  };
}

/** `approver` of the request's context: an id, or `{id, name?, role?}`. Mastra itself does not know who answers. */
function approverIn(requestContext: unknown): FrameworkAnswer['actor'] {
  const approver = fromContext(requestContext, 'approver');
  const { id, name, role } = fieldsOf(approver);
  const who = textOf(approver) ?? textOf(id);
  return who === undefined ? undefined : { id: who, name: textOf(name), role: textOf(role) };
}

function end(
  runtime: Runtime,
  { call, answer }: Step,
  { result, error }: { readonly result: unknown; readonly error: unknown },
): void {
  // One that was approved and never reached its tool, as it was invalid, must not approve a later call.
  const left = takeAnswer(call.scope, call.toolCallId);
  if (left?.approved === true && error === undefined) return;
  // A tool that asks by itself may be told no, and goes on.
  const isRejected =
    answer?.approved === false && (left !== undefined || call.toolCallId === undefined);
  if (isRejected) runtime.guard.recordRejected(call, answer);
  const told = fieldsOf(error ?? fieldsOf(result)['error']);
  const isUnknown =
    told['name'] === 'ToolNotFoundError' ||
    (error instanceof Error && error.message === `Tool ${call.tool} not found`);
  if (isUnknown) runtime.guard.recordUnmade(call, new NoSuchToolError());
}

/** A person's answer to this call, once. */
export function takeAnswer(
  { run }: Scope,
  toolCallId: string | undefined,
): FrameworkAnswer | undefined {
  if (toolCallId === undefined) return undefined;
  const kept = answers.get(run);
  const answer = kept?.get(toolCallId);
  kept?.delete(toolCallId);
  return answer;
}

/** Says to the judgement what Mastra says in prose. */
class NoSuchToolError extends Error {
  override readonly name = 'NoSuchToolError';
}
