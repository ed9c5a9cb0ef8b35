import * as api from '@opentelemetry/api';

import { proposeCall } from '../../guard/propose-call.ts';
import type { FrameworkAnswer, ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { AnyFunction } from '../framework.ts';
import { guardStepTools } from './guarded-tools.ts';
import { insideStep, type Step } from './step.ts';
import { fromContext } from './request-context.ts';
import { fieldsOf, textOf, type StepContext } from './types.ts';

type Execute = (this: unknown, context: StepContext, ...rest: unknown[]) => Promise<unknown>;

/**
 * Wraps `createToolCallStep`, which makes the step of the agent's loop that calls one tool: there it shows what people answered
 * about calls with `requireApproval`, and which calls Mastra answers by itself because it has no such tool.
 */
export function wrapToolCallStep(runtime: Runtime, original: AnyFunction): AnyFunction {
  const create = original as (this: unknown, ...args: unknown[]) => unknown;
  return function createToolCallStep(this: unknown, ...args: unknown[]) {
    const step = create.apply(this, args);
    const { _internal: shared } = fieldsOf(args[0]);
    runtime.diagnostics.protect('mastra.step', () => watch(runtime, step, shared), undefined);
    return step;
  };
}

/** @param shared Where the agent's loop keeps the tools of its step, which may be others than it was given. */
function watch(runtime: Runtime, step: unknown, shared: unknown): void {
  const { execute } = fieldsOf(step);
  if (typeof execute !== 'function') return;
  const watched: Execute = async function executeStep(context, ...rest) {
    proposeCall(runtime, 'mastra.step_tools', () => guardStepTools(runtime, shared));
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
      const result = await insideStep(about, () =>
        (execute as Execute).call(this, context, ...rest),
      );
      after(result);
      return result;
    } catch (error) {
      after(undefined, error);
      throw error;
    }
  };
  (step as { execute: unknown }).execute = watched;
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
  return { call, answer: answerIn(context, id ?? tool), taken: false };
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
  { call, answer, taken }: Step,
  { result, error }: { readonly result: unknown; readonly error: unknown },
): void {
  // A tool that asks by itself may be told no, and goes on.
  if (answer?.approved === false && !taken) runtime.guard.recordRejected(call, answer);
  const told = fieldsOf(error ?? fieldsOf(result)['error']);
  const isUnknown =
    told['name'] === 'ToolNotFoundError' ||
    (error instanceof Error && error.message === `Tool ${call.tool} not found`);
  if (isUnknown) runtime.guard.recordUnmade(call, new NoSuchToolError());
}

/** Says to the judgement what Mastra says in prose. */
class NoSuchToolError extends Error {
  override readonly name = 'NoSuchToolError';
}
