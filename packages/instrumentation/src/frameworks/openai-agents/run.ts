import type { Runtime } from '../../runtime.ts';
import type { AgentEnd } from '../../spans/agent-span.ts';
import type { AnyFunction } from '../framework.ts';
import { identityOf, text } from './identity.ts';
import { LiveAgent } from './live-agent.ts';
import type { Agent, Artifacts, Runner, RunOptions, RunResult, RunState } from './types.ts';

type RunArguments = readonly [
  agent: Agent,
  input: unknown,
  options?: RunOptions | undefined,
  ...rest: unknown[],
];

type Run = (this: unknown, ...args: RunArguments) => Promise<unknown>;

/** Wraps `Runner.prototype.run`: one invocation of an agent, whether it streams or not. */
export function wrapRun(runtime: Runtime, original: AnyFunction): AnyFunction {
  const start = original as Run;
  return async function run(this: unknown, ...args: RunArguments): Promise<unknown> {
    const [agent, input, options, ...rest] = args;
    const live = runtime.diagnostics.protect(
      'openai_agents.begin',
      () => begin(runtime, this as Runner, { agent, input, options }),
      undefined,
    );
    if (live === undefined) return start.call(this, agent, input, options, ...rest);
    const { signal } = live;
    const stoppable = signal === undefined ? options : { ...options, signal };
    let result: unknown;
    try {
      result = await live.run(() => start.call(this, agent, input, stoppable, ...rest));
    } catch (error) {
      live.end(endOf(error));
      throw live.failure(error);
    }
    runtime.diagnostics.protect('openai_agents.end', () => endWith(live, result), undefined);
    return result;
  };
}

interface RunCall {
  readonly agent: Agent;
  readonly input: unknown;
  readonly options: RunOptions | undefined;
}

function begin(runtime: Runtime, runner: Runner, call: RunCall): LiveAgent {
  const { input, options } = call;
  const state = stateOf(input);
  // A run that goes on does so with the agent that was interrupted, in the context that it had.
  const agent = state?._currentAgent ?? call.agent;
  const context = state?._context ?? options?.context;
  const identity = identityOf(agent, { ...options, context }, runner);
  return new LiveAgent(runtime, { identity, signal: options?.signal, model: text(agent.model) });
}

function stateOf(input: unknown): RunState | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  return '_currentAgent' in input ? (input as RunState) : undefined;
}

/** A stream is given at once and ends later. */
function endWith(live: LiveAgent, result: unknown): void {
  const outcome = (result ?? {}) as RunResult;
  const { completed } = outcome;
  if (!(completed instanceof Promise)) {
    live.end(overWith(outcome));
    return;
  }
  void settledStream(live, outcome, completed);
}

async function settledStream(
  live: LiveAgent,
  outcome: RunResult,
  completed: Promise<unknown>,
): Promise<void> {
  try {
    await completed;
    const { error } = outcome;
    live.end(error === null || error === undefined ? overWith(outcome) : endOf(error));
  } catch (error) {
    live.end(endOf(error));
  }
}

/** Interrupted: somebody is asked, and the application goes on with the state later. That is no failure. */
function overWith({ interruptions, cancelled }: RunResult): AgentEnd {
  if (cancelled === true) return { failed: false, aborted: true, finishReason: 'aborted' };
  const paused = Array.isArray(interruptions) && interruptions.length > 0;
  return { failed: false, finishReason: paused ? 'tool_call' : 'stop' };
}

function endOf(error: unknown): AgentEnd {
  const name = error instanceof Error ? error.name : '';
  const isAbort = name === 'AbortError';
  return {
    failed: !isAbort,
    error,
    aborted: isAbort,
    finishReason: errorClass(error).endsWith('GuardrailTripwireTriggered')
      ? 'content_filter'
      : undefined,
  };
}

/** Errors of OpenAI Agents all have the name `Error`. */
function errorClass(error: unknown): string {
  return error instanceof Error ? error.constructor.name : '';
}

type Prepare = (this: unknown, state: RunState, ...rest: unknown[]) => Promise<Artifacts>;

/** Wraps `prepareAgentArtifacts`, the moment before each model call: who acts, with what, and may it go on? */
export function wrapPrepare(runtime: Runtime, original: AnyFunction): AnyFunction {
  const prepare = original as Prepare;
  return async function prepareAgentArtifacts(
    this: unknown,
    state: RunState,
    ...rest: unknown[]
  ): Promise<Artifacts> {
    const live = LiveAgent.of(runtime);
    if (live === undefined) return prepare.call(this, state, ...rest);
    const agent = state._currentAgent;
    runtime.diagnostics.protect('openai_agents.turn', () => live.turnTo(agent), undefined);
    const admitted = runtime.guard.admitStep(live.current.scope);
    if (admitted !== undefined) await admitted;
    const artifacts = await prepare.call(this, state, ...rest);
    runtime.diagnostics.protect('openai_agents.sees', () => live.sees(agent, artifacts), undefined);
    return artifacts;
  };
}
