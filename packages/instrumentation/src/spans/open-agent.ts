import { GenAi } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { runStopped, type Halt } from '../guard/halt.ts';
import type { Runtime } from '../runtime.ts';
import {
  agentSpanAttributes,
  enrichAgentSpan,
  emitRunEnded,
  emitRunStarted,
  endAgentSpan,
  measureInvocation,
  startAgentSpan,
  type AgentEnd,
} from './agent-span.ts';
import { isRealSpan } from './is-real-span.ts';
import {
  inheritIdentity,
  newCounts,
  newRun,
  resumableRun,
  type AgentIdentity,
  type Run,
  type Scope,
} from './scope.ts';

/** An agent that is being invoked. */
export interface AgentCall {
  /** What is known of it; a name that is missing comes from the agent around it, else from the settings. */
  readonly agent: Partial<AgentIdentity>;
  /** Of a run that goes on after a restart of its process; only where no run is around. */
  readonly runId?: string | undefined;
  /** The caller's own way to stop it. */
  readonly signal?: AbortSignal | undefined;
  /** `gen_ai.request.model`, where it is known before the first model call. */
  readonly model?: string | undefined;
  /** The application says itself what its agent is (`withAgent`): what a framework invokes right inside is part of it. */
  readonly explicit?: boolean | undefined;
  /** npm package whose adapter judges every tool call of this invocation; default: a model boundary does. */
  readonly framework?: string | undefined;
  /** The framework's own telemetry opens this invocation's span and hands it over with `adopt`: none is opened here. */
  readonly nativeSpan?: boolean | undefined;
}

/** An invocation under way, whoever opened it. */
export interface OpenAgent {
  readonly scope: Scope;
  /** With the agent's span, under which its model calls and tool calls belong; where that is the framework's, once it is known. */
  readonly context: api.Context;
  /**
   * Takes the framework's own span of this invocation: it gets what it lacks, and stays the framework's to end. That the
   * run began is told then, in its trace; where the framework opens none, when the invocation ends. Where the span goes
   * nowhere, as with a copy of the API that no SDK has registered with, one is opened. Never throws.
   */
  adopt(span: api.Span): void;
  /** Aborts when a kill or a retirement stops this agent; absent where nobody governs this process. */
  readonly signal: AbortSignal | undefined;
  /** The conversation that it belongs to, where a framework says so only now; what the application said stands. */
  converse(conversationId: string): void;
  /** Runs `action` in the invocation's scope and context. */
  run<T>(action: () => T): T;
  /**
   * The invocation is over; the second time does nothing. A failure after a containment stopped it is no failure.
   * Never throws.
   */
  end(how: AgentEnd): void;
  /** What the caller gets instead of `error`: what stopped the agent, where something did. */
  failure(error: unknown): unknown;
}

/**
 * Opens one invocation of an agent: its span, its run where there is none around it, its way to be stopped. Right inside a
 * `withAgent` of the same agent it is part of that one, and opens no span. Never throws: where telemetry fails, the
 * invocation goes on without it.
 */
export function openAgent(shared: Runtime, call: AgentCall): OpenAgent {
  const { agents, diagnostics } = shared;
  const { outer, parent, begun, isPart } = placeOf(shared, call);
  const { agent } = begun;
  const enter = () => shared.guard.startRun(begun, call.signal);
  const halt = diagnostics.protect('agent.start_run', enter, undefined);
  const scope: Scope = { ...begun, halt };
  const isTheirs = isPart || call.nativeSpan === true;
  const openSpan = () => spanOf(shared, { scope, model: call.model, parent });
  let span = isTheirs ? undefined : openSpan();
  const startedAtMillis = performance.now();
  let context = span === undefined ? parent : api.trace.setSpan(parent, span);
  let told = outer !== undefined;
  const tellStart = (): void => {
    if (told) return;
    told = true;
    diagnostics.protect('agent.started', () => emitRunStarted(agents, scope, context), undefined);
  };
  if (call.nativeSpan !== true) tellStart();
  let open = true;
  return {
    scope,
    get context() {
      return context;
    },
    adopt: (native) => {
      const taken = isRealSpan(native) ? native : (span ??= isPart ? undefined : openSpan());
      if (taken !== undefined) context = api.trace.setSpan(parent, taken);
      tellStart();
      if (taken !== native) return;
      diagnostics.protect('agent.adopt', () => enrichAgentSpan(agents, scope, native), undefined);
    },
    signal: halt?.signal,
    converse: (conversationId) => {
      if (agent.conversationId !== undefined) return;
      Object.assign(agent, { conversationId });
      span?.setAttribute(GenAi.CONVERSATION_ID, conversationId);
    },
    run: (action) => shared.scopes.run(scope, () => api.context.with(context, action)),
    end: (how) => {
      if (!open) return;
      open = false;
      tellStart();
      diagnostics.protect(
        'agent.end',
        () => {
          const ended = endAs(how, halt);
          if (outer === undefined) endRun(scope.run);
          halt?.end();
          if (outer === undefined) emitRunEnded(agents, scope, context, ended);
          if (span !== undefined) endAgentSpan(span, scope.run, ended);
          if (!isPart) measureInvocation({ scope, model: call.model, startedAtMillis }, ended);
        },
        undefined,
      );
    },
    failure: (error) => failureOf(error, agent, halt),
  };
}

/** Whose span, and where it belongs. */
interface AgentPlace {
  readonly scope: Scope;
  readonly model: string | undefined;
  readonly parent: api.Context;
}

function spanOf(shared: Runtime, { scope, model, parent }: AgentPlace): api.Span | undefined {
  const { agents, diagnostics } = shared;
  const start = (): api.Span =>
    startAgentSpan(agentSpanAttributes(agents, scope, model), scope.agent.name, parent);
  return diagnostics.protect('agent.open_span', start, undefined);
}

function failureOf(error: unknown, { name }: AgentIdentity, halt: Halt | undefined): unknown {
  const containment = halt?.stoppedBy();
  return containment === undefined ? error : runStopped(name, containment);
}

/** A failure after a containment stopped it is no failure. */
function endAs(how: AgentEnd, halt: Halt | undefined): AgentEnd {
  const stopped = how.failed && halt?.stoppedBy() !== undefined;
  return stopped ? { ...how, failed: false, aborted: true } : how;
}

/** Before the end is told: what is still open of the run belongs before it. */
function endRun(run: Run): void {
  for (const tell of run.onEnd?.splice(0) ?? []) tell();
}

/** Whose invocation it is, in which run, and whether `withAgent` has opened it already. */
function placeOf(
  shared: Runtime,
  call: AgentCall,
): {
  readonly outer: Scope | undefined;
  readonly parent: api.Context;
  readonly begun: Scope;
  readonly isPart: boolean;
} {
  const outer = shared.scopes.getStore();
  const agent = inheritIdentity(outer?.agent ?? { name: shared.settings.agent }, call.agent);
  shared.link.sawAgent(agent.name);
  const isPart =
    call.explicit !== true &&
    outer?.explicit === true &&
    outer.toolCall === undefined &&
    outer.agent.name === agent.name;
  const begun: Scope = {
    run: outer?.run ?? runOf(shared, agent, call.runId),
    agent,
    versions: {},
    explicit: call.explicit,
    halt: outer?.halt,
    framework: call.framework,
    counts: isPart ? outer.counts : newCounts(),
  };
  return { outer, parent: api.context.active(), begun, isPart };
}

function runOf(shared: Runtime, agent: AgentIdentity, runId: string | undefined): Run {
  const { randomId, agents } = shared;
  return runId === undefined
    ? newRun(randomId(), agent, agents.now())
    : resumableRun(runId, agent, agents.now());
}
