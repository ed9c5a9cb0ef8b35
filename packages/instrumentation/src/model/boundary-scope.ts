import * as api from '@opentelemetry/api';

import type { Runtime } from '../runtime.ts';
import { newRun, type Scope } from '../spans/scope.ts';
import { IMPLIED_RUNS } from './proposals.ts';
import type { ToolResult } from './tool-result.ts';

/** What tells whose model call it is. */
export interface Belonging {
  /** Results of calls that it brings. */
  readonly results: readonly ToolResult[];
  /** As the provider keeps it. */
  readonly conversationId?: string | undefined;
}

/**
 * The scope of a model call: where the code stands; else that of the answer whose tool calls it continues, so that a loop
 * of which nobody says that it is a run is one all the same; else a run of its own.
 */
export function boundaryScope(shared: Runtime, belonging: Belonging): Scope {
  const active = shared.scopes.getStore();
  if (active !== undefined) return active;
  const { conversationId, results } = belonging;
  for (const result of results.toReversed()) {
    const scope = shared.proposals.scopeOf(result, conversationId);
    if (scope !== undefined) return scope;
  }
  const agent = { name: shared.settings.agent, conversationId };
  const run = newRun(shared.randomId(), agent, shared.agents.now());
  IMPLIED_RUNS.add(run);
  return { run, agent, versions: {} };
}

/** Where the spans of a model call and of its tool calls belong. */
export function boundaryParent(scope: Scope): api.Context {
  return (scope.toolCall === undefined ? scope.context : undefined) ?? api.context.active();
}
