import type { Runtime } from '../../runtime.ts';
import type { AgentEnd } from '../../spans/agent-span.ts';
import { agentStream } from '../../spans/agent-stream.ts';
import { openAgent, type OpenAgent } from '../../spans/open-agent.ts';
import type { AgentIdentity, Scope } from '../../spans/scope.ts';
import type { AnyFunction } from '../framework.ts';
import { isPause, isQuestion } from './pause.ts';
import { fieldsOf, textOf, type Graph, type RunnableConfig } from './types.ts';

type Iterate = (
  this: unknown,
  input: unknown,
  options?: RunnableConfig,
  ...rest: unknown[]
) => AsyncGenerator<unknown>;

/** Scopes that a graph runs in: one right inside is part of it, unless it has a name of its own. */
const ofGraphs = new WeakSet<Scope>();

/**
 * Wraps `Pregel.prototype._streamIterator`, which every way to run a graph ends in: each is one invocation of an agent. One
 * that stops for a person ends there; going on is the next invocation, in the same conversation (`thread_id`).
 */
export function wrapGraph(runtime: Runtime, original: AnyFunction): AnyFunction {
  const run = original as Iterate;
  return function _streamIterator(
    this: unknown,
    input: unknown,
    options?: RunnableConfig,
    ...rest: unknown[]
  ) {
    const outer = runtime.scopes.getStore();
    const isInGraph = outer !== undefined && ofGraphs.has(outer);
    const agent = runtime.diagnostics.protect(
      'langchain.identity',
      () => identityOf(this as Graph, options, !isInGraph),
      {},
    );
    const isPart = agent.name === undefined || agent.name === outer?.agent.name;
    if (isInGraph && isPart) return run.call(this, input, options, ...rest);
    const signal = options?.signal;
    const open = openAgent(runtime, {
      agent,
      framework: '@langchain/core',
      ...(signal instanceof AbortSignal ? { signal } : {}),
    });
    ofGraphs.add(open.scope);
    const stoppable = open.signal === undefined ? options : { ...options, signal: open.signal };
    const source = open.run(() => run.call(this, input, stoppable, ...rest));
    return watchPauses(open, source);
  };
}

/** Who runs: a graph without a name of its own is the agent that the application says, or the settings. */
function identityOf(
  graph: Graph,
  options: RunnableConfig | undefined,
  isTopmost: boolean,
): Partial<AgentIdentity> {
  const { metadata, configurable, context } = options ?? {};
  const own = textOf(fieldsOf(metadata)['lc_agent_name']) ?? textOf(graph.name);
  const isNamed = own !== undefined && own !== 'LangGraph';
  const said = (name: string): string | undefined =>
    textOf(fieldsOf(context)[name]) ?? textOf(fieldsOf(configurable)[name]);
  const known = {
    // LangGraph itself names the runs of inner graphs, after the nodes that they are.
    name: isNamed ? own : isTopmost ? textOf(options?.['runName']) : undefined,
    conversationId: textOf(fieldsOf(configurable)['thread_id']),
    tenant: said('tenant'),
    onBehalfOf: said('onBehalfOf') ?? said('user_id'),
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

/** Sees whether a graph left for a person, or in another way that is no failure: an inner one throws to do so. */
function watchPauses(open: OpenAgent, source: AsyncGenerator<unknown>): AsyncGenerator<unknown> {
  let paused = false;
  const over = (): AgentEnd => ({
    failed: false,
    ...(paused ? { finishReason: 'tool_call' } : {}),
  });
  const seen = (step: IteratorResult<unknown>): IteratorResult<unknown> => {
    if (step.done !== true && asks(step.value)) paused = true;
    return step;
  };
  const watched: AsyncIterator<unknown> = {
    next: async (...value) => {
      try {
        return seen(await source.next(...value));
      } catch (error) {
        if (isPause(error)) {
          paused ||= isQuestion(error);
          open.end(over());
        }
        throw error;
      }
    },
    return: (value) => source.return(value),
    throw: (error) => source.throw(error),
  };
  return agentStream(open, watched, over);
}

/** Chunks are values or updates, alone or after the name of their kind and of their sub-graph. */
function asks(chunk: unknown): boolean {
  const value: unknown = Array.isArray(chunk) ? chunk.at(-1) : chunk;
  return '__interrupt__' in fieldsOf(value);
}
