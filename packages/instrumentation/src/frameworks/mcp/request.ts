import * as api from '@opentelemetry/api';
import { Mcp } from '@aftertrace/schema/names';

import { isAftertraceError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { withoutUndefined } from '../../spans/telemetry.ts';
import type { AnyFunction } from '../framework.ts';
import { isCallToolParams, propose, withArguments, withSignal } from './propose.ts';
import { refusedResult } from './refusal.ts';
import type { CallToolParams, McpClient, McpRequest, RequestOptions } from './types.ts';

const CALL = 'tools/call';

type Request = (this: unknown, request: McpRequest, ...rest: unknown[]) => unknown;

/**
 * Wraps `Protocol.prototype.request`. A tool call that comes from `callTool` has been decided; it gets the trace's context for
 * its server. One that the application sends itself is governed here. Every other request passes as it is.
 */
export function wrapRequest(runtime: Runtime, original: AnyFunction): AnyFunction {
  const run = original as Request;
  return function request(this: unknown, given: McpRequest, ...rest: unknown[]) {
    const sent = toolCallOf(runtime, given, rest);
    if (sent === undefined) return run.call(this, given, ...rest);
    const { call, params, options, optionsIndex } = sent;
    return runtime.guard
      .call(call, {
        execute: (args, stop) => {
          const signal = stop();
          const passed = [...rest];
          if (signal !== options?.signal) passed[optionsIndex] = withSignal(options, signal);
          const traced = inTrace(runtime, this as McpClient, withArguments(params, args));
          return run.call(this, { ...given, params: traced }, ...passed);
        },
      })
      .catch((error: unknown) => {
        // Whoever asked for a task waits for one: a result in its place would be taken for a broken server.
        if (options?.task !== undefined && options.task !== null) throw error;
        return refusedResult(error);
      });
  };
}

type Stream = (this: unknown, request: McpRequest, ...rest: unknown[]) => AsyncGenerator<unknown>;

/** Wraps `Protocol.prototype.requestStream`: a call as a task, whose last message is its result. */
export function wrapRequestStream(runtime: Runtime, original: AnyFunction): AnyFunction {
  const run = original as Stream;
  return async function* requestStream(this: unknown, given: McpRequest, ...rest: unknown[]) {
    const sent = toolCallOf(runtime, given, rest);
    if (sent === undefined) {
      yield* run.call(this, given, ...rest);
      return;
    }
    const { call, params, options, optionsIndex } = sent;
    try {
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
  return runtime.diagnostics.protect(
    'mcp.propose',
    () => {
      const { params } = given;
      if (!isCallToolParams(params)) return undefined;
      // A schema of the result may stand before them; major 2 takes requests without one.
      const optionsIndex = isSchema(rest[0]) || rest.length > 1 ? 1 : 0;
      const options = rest[optionsIndex] as RequestOptions | undefined;
      return { call: propose(runtime, params, options), params, options, optionsIndex };
    },
    undefined,
  );
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
