import * as api from '@opentelemetry/api';

import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { CallToolParams, RequestOptions } from './types.ts';

/** Are these the `params` of a tool call? Whatever else they are, the client itself refuses. */
export function isCallToolParams(params: unknown): params is CallToolParams {
  return (
    typeof params === 'object' &&
    params !== null &&
    typeof (params as { readonly name?: unknown }).name === 'string'
  );
}

/** The call of a server's tool, in whatever run it is made; outside any it is a run of its own. */
export function propose(
  runtime: Runtime,
  params: CallToolParams,
  options: RequestOptions | undefined,
): ToolCall {
  const signal = options?.signal;
  return {
    tool: params.name,
    arguments: params.arguments,
    scope: runtime.scopes.getStore() ?? strayScope(runtime),
    context: api.context.active(),
    ...(signal instanceof AbortSignal ? { signal } : {}),
  };
}

/** The same params with the arguments as decided; the very same where nothing was changed. */
export function withArguments(params: CallToolParams, args: unknown): CallToolParams {
  return args === params.arguments ? params : { ...params, arguments: args };
}

/** The same options with the signal that a containment aborts. */
export function withSignal(
  options: RequestOptions | undefined,
  signal: AbortSignal | undefined,
): RequestOptions | undefined {
  return signal === options?.signal ? options : { ...options, signal };
}
