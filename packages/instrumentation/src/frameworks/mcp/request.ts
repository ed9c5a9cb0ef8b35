import * as api from '@opentelemetry/api';
import { Mcp } from '@aftertrace/schema/names';

import { isAftertraceError } from '../../errors.ts';
import { proposeCall } from '../../guard/propose-call.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import { withoutUndefined } from '../../spans/telemetry.ts';
import type { AnyFunction } from '../framework.ts';
import { isCallToolParams, propose, withArguments, withSignal } from './propose.ts';
import { refusedResult } from './refusal.ts';
import { createTaskCalls, type TaskCall, type TaskCalls } from './task-calls.ts';
import type { CallToolParams, McpClient, McpRequest, RequestOptions } from './types.ts';

const CALL = 'tools/call';

type Request = (this: unknown, request: McpRequest, ...rest: unknown[]) => unknown;

/**
 * Wraps `Protocol.prototype.request`. A tool call that comes from `callTool` has been decided; it gets the trace's context for
 * its server. One that the application sends itself is governed here. Every other request passes as it is.
 */
export function wrapRequest(runtime: Runtime, original: AnyFunction): AnyFunction {
  const run = original as Request;
  const tasksOf = createTaskCalls();
  return function request(this: unknown, given: McpRequest, ...rest: unknown[]) {
    const untouched = (): unknown => run.call(this, given, ...rest);
    const task = taskCallOf(this, given, tasksOf);
    if (task !== undefined) return resultOf(task, untouched);
    let sent: SentCall | undefined;
    try {
      sent = toolCallOf(runtime, given, rest);
    } catch (error) {
      return Promise.resolve(refusedResult(error));
    }
    if (sent === undefined) return untouched();
    const { call, params, options, optionsIndex } = sent;
    const send = (args: unknown, stop: () => AbortSignal | undefined): unknown => {
      const signal = stop();
      const passed = [...rest];
      if (signal !== options?.signal) passed[optionsIndex] = withSignal(options, signal);
      const traced = inTrace(runtime, this as McpClient, withArguments(params, args));
      return run.call(this, { ...given, params: traced }, ...passed);
    };
    // Whoever asks for a task waits for one: a result in the place of a refusal would be taken for a broken server.
    if (options?.task !== undefined && options.task !== null && isObject(this)) {
      return callAsTask(runtime, call, { send, tasks: tasksOf(this) });
    }
    return runtime.guard.call(call, { execute: send }).catch(refusedResult);
  };
}

const TASK_RESULT = 'tasks/result';

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The call whose result a request asks for. */
function taskCallOf(
  client: unknown,
  given: McpRequest,
  tasksOf: (client: object) => TaskCalls,
): TaskCall | undefined {
  if (given?.method !== TASK_RESULT || !isObject(client) || !isObject(given.params))
    return undefined;
  const { taskId } = given.params as { readonly taskId?: unknown };
  return typeof taskId === 'string' ? tasksOf(client).get(taskId) : undefined;
}

/** What fails on its way may be asked for again. */
async function resultOf({ settle, delivered }: TaskCall, ask: () => unknown): Promise<unknown> {
  settle(await ask());
  return delivered.catch(refusedResult);
}

/** How a call is sent, and where it waits. */
interface TaskSending {
  readonly send: (args: unknown, stop: () => AbortSignal | undefined) => unknown;
  readonly tasks: TaskCalls;
}

/** The call is under way until its result has come: the task is whoever made it gets now. */
function callAsTask(
  { guard }: Runtime,
  call: ToolCall,
  { send, tasks }: TaskSending,
): Promise<unknown> {
  const begun = Promise.withResolvers<unknown>();
  const delivered: Promise<unknown> = guard.call(call, {
    execute: async (args, stop) => {
      const answer = await send(args, stop);
      const { task } = answer as { readonly task?: { readonly taskId?: unknown } };
      if (typeof task?.taskId !== 'string') return answer;
      const { promise, resolve } = Promise.withResolvers<unknown>();
      tasks.open(task.taskId, call.scope.run, { settle: resolve, delivered });
      begun.resolve(answer);
      return promise;
    },
  });
  delivered.then(begun.resolve, begun.reject);
  return begun.promise;
}

type Stream = (this: unknown, request: McpRequest, ...rest: unknown[]) => AsyncGenerator<unknown>;

/** Wraps `Protocol.prototype.requestStream`: a call as a task, whose last message is its result. */
export function wrapRequestStream(runtime: Runtime, original: AnyFunction): AnyFunction {
  const run = original as Stream;
  return async function* requestStream(this: unknown, given: McpRequest, ...rest: unknown[]) {
    try {
      const sent = toolCallOf(runtime, given, rest);
      if (sent === undefined) {
        yield* run.call(this, given, ...rest);
        return;
      }
      const { call, params, options, optionsIndex } = sent;
      const cleared = await runtime.guard.clear(call);
      yield* runtime.guard.run(cleared, {
        execute: (args, stop) => {
          const signal = stop();
          const passed = [...rest];
          if (signal !== options?.signal) passed[optionsIndex] = withSignal(options, signal);
          return run.call(this, { ...given, params: withArguments(params, args) }, ...passed);
        },
      });
    } catch (error) {
      if (!isAftertraceError(error)) throw error;
      yield { type: 'result', result: refusedResult(error) };
    }
  };
}

/** What is sent, where it is the call of a tool. */
interface SentCall {
  readonly call: ReturnType<typeof propose>;
  readonly params: CallToolParams;
  readonly options: RequestOptions | undefined;
  /** Place of the options among what follows the request. */
  readonly optionsIndex: number;
}

function toolCallOf(
  runtime: Runtime,
  given: McpRequest,
  rest: readonly unknown[],
): SentCall | undefined {
  if (given?.method !== CALL) return undefined;
  return proposeCall(runtime, 'mcp.propose', () => {
    const { params } = given;
    if (!isCallToolParams(params)) return undefined;
    // A schema of the result may stand before them; major 2 takes requests without one.
    const optionsIndex = isSchema(rest[0]) || rest.length > 1 ? 1 : 0;
    const options = rest[optionsIndex] as RequestOptions | undefined;
    return { call: propose(runtime, params, options), params, options, optionsIndex };
  });
}

/** zod's own of majors 3 and 4, and whatever else keeps to the standard. */
function isSchema(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return '~standard' in value || 'safeParse' in value || '_zod' in value;
}

/** The call with the trace's context in `_meta`, as the conventions for MCP say; what the application put there stays. */
function inTrace(runtime: Runtime, client: McpClient, params: CallToolParams): CallToolParams {
  return runtime.diagnostics.protect(
    'mcp.trace',
    () => {
      describeCall(runtime, client);
      const carrier: Record<string, unknown> = {};
      api.propagation.inject(api.context.active(), carrier);
      if (Object.keys(carrier).length === 0) return params;
      return { ...params, _meta: { ...carrier, ...params._meta } };
    },
    params,
  );
}

/** On the span of the tool call, whoever opened it: this one, or the framework's further out. */
function describeCall(runtime: Runtime, { transport }: McpClient): void {
  const session = transport?.sessionId;
  const version = transport?.protocolVersion ?? transport?._protocolVersion;
  runtime.scopes.getStore()?.toolCall?.setAttributes(
    withoutUndefined({
      [Mcp.METHOD_NAME]: CALL,
      [Mcp.SESSION_ID]: typeof session === 'string' ? session : undefined,
      [Mcp.PROTOCOL_VERSION]: typeof version === 'string' ? version : undefined,
    }),
  );
}
