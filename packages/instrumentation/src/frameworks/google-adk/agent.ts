import * as api from '@opentelemetry/api';

import type { Runtime } from '../../runtime.ts';
import { agentStream } from '../../spans/agent-stream.ts';
import { openAgent, type OpenAgent } from '../../spans/open-agent.ts';
import type { AgentIdentity, Scope } from '../../spans/scope.ts';
import type { AnyFunction } from '../framework.ts';
import { fieldsOf, textOf, type InvocationContext } from './types.ts';

type Run = (
  this: unknown,
  context: InvocationContext,
  ...rest: unknown[]
) => AsyncGenerator<unknown>;

/** Invocations by their scope, until ADK has shown its own span of them. */
const opened = new WeakMap<Scope, OpenAgent>();

/** Wraps `BaseAgent.prototype.runAsync`: each is one invocation of an agent, whose span is ADK's own. */
export function wrapRunAsync(runtime: Runtime, original: AnyFunction): AnyFunction {
  const run = original as Run;
  return function runAsync(this: unknown, context: InvocationContext, ...rest: unknown[]) {
    const outer = runtime.scopes.getStore();
    const isInside = outer !== undefined && opened.has(outer);
    const signal = context?.abortSignal;
    const open = openAgent(runtime, {
      agent: runtime.diagnostics.protect('adk.identity', () => identityOf(this, context), {}),
      framework: '@google/adk',
      nativeSpan: true,
      ...(signal instanceof AbortSignal ? { signal } : {}),
    });
    opened.set(open.scope, open);
    // An inner agent works in the context of the outer one, which must not end with it.
    if (!isInside && open.signal !== undefined) context.abortSignal = open.signal;
    const source = open.run(() => run.call(this, context, ...rest));
    return agentStream(open, stoppedLoudly(open, source));
  };
}

/** ADK ends without a word when it is told to stop: its caller is told that a containment did. */
function stoppedLoudly(open: OpenAgent, source: AsyncGenerator<unknown>): AsyncIterator<unknown> {
  return {
    next: async (...value) => {
      const step = await source.next(...value);
      const stopped = step.done === true ? open.failure(undefined) : undefined;
      if (stopped !== undefined) throw stopped;
      return step;
    },
    return: (value) => source.return(value),
    throw: (error) => source.throw(error),
  };
}

function identityOf(agent: unknown, context: InvocationContext): Partial<AgentIdentity> {
  const { session } = context;
  const known = {
    name: textOf(fieldsOf(agent)['name']),
    conversationId: textOf(session?.id),
    onBehalfOf: textOf(session?.userId),
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

/** Wraps `traceAgentInvocation`, which is called with ADK's span of the agent active. */
export function wrapTraceAgent(runtime: Runtime, original: AnyFunction): AnyFunction {
  const trace = original as (this: unknown, ...args: unknown[]) => unknown;
  return function traceAgentInvocation(this: unknown, ...args: unknown[]) {
    const result = trace.apply(this, args);
    const scope = runtime.scopes.getStore();
    const span = api.trace.getActiveSpan();
    if (scope !== undefined && span !== undefined) {
      runtime.diagnostics.protect('adk.adopt', () => opened.get(scope)?.adopt(span), undefined);
    }
    return result;
  };
}
