import * as api from '@opentelemetry/api';

import type { Runtime } from '../../runtime.ts';
import {
  inheritIdentity,
  isRunId,
  newCounts,
  newRun,
  resumableRun,
  type AgentIdentity,
  type Run,
  type Scope,
} from '../../spans/scope.ts';
import { contextOf, identityOf } from './identity.ts';
import type { InvocationPlace } from './invocation.ts';
import type { CallOptions } from './types.ts';

/** Whose call this is, and in which run it stands. */
export function placeOf(
  runtime: Runtime,
  options: CallOptions,
): Omit<InvocationPlace, 'native' | 'endsWithCallbacks'> {
  const own = identityOf(options);
  const runtimeContext = contextOf(options);
  const versions = {};
  const outer = runtime.scopes.getStore();
  const parent = api.context.active();
  if (outer === undefined) {
    const agent = inheritIdentity({ name: runtime.settings.agent }, own);
    runtime.link.sawAgent(agent.name);
    const run = runOf(runtime, agent, runtimeContext?.['runId']);
    const scope = { run, agent, versions, counts: newCounts() };
    return { scope, ownsRun: true, hasSpan: false, parent, runtimeContext };
  }
  const agent = inheritIdentity(outer.agent, own);
  runtime.link.sawAgent(agent.name);
  const isPartOf = outer.explicit === true && outer.toolCall === undefined;
  const hasSpan = isPartOf && agent.name === outer.agent.name;
  const counts = hasSpan ? outer.counts : newCounts();
  const scope: Scope = { run: outer.run, agent, versions, halt: outer.halt, counts };
  return { scope, ownsRun: false, hasSpan, parent, runtimeContext };
}

/** `runtimeContext.runId` is the id of a run that goes on after a restart of its process. */
function runOf(runtime: Runtime, agent: AgentIdentity, runId: unknown): Run {
  const { randomId, agents } = runtime;
  return isRunId(runId)
    ? resumableRun(runId, agent, agents.now())
    : newRun(randomId(), agent, agents.now());
}
