import type * as api from '@opentelemetry/api';

import { proposeCall } from '../../guard/propose-call.ts';
import type { WrapSite } from '../../load-hook/target.ts';
import { isIn } from '../../load-hook/versions.ts';
import type { Runtime } from '../../runtime.ts';
import type { AgentEnd } from '../../spans/agent-span.ts';
import { agentStream } from '../../spans/agent-stream.ts';
import { openAgent, type OpenAgent } from '../../spans/open-agent.ts';
import type { Scope } from '../../spans/scope.ts';
import type { AnyFunction } from '../framework.ts';
import { withGuardedTools, type ToolUseLookup } from './guard-tools.ts';
import { textOf } from './run-tool.ts';
import { finishReason } from './finish-reason.ts';
import { earlyTarget, PACKAGE } from './targets.ts';
import type {
  Client,
  Message,
  Messages,
  RequestOptions,
  RunnerParams,
  ToolRunner,
  ToolUse,
} from './types.ts';

type StartToolRunner = (
  this: Messages,
  params: RunnerParams,
  options?: RequestOptions,
  ...rest: unknown[]
) => ToolRunner;

/** By their scope: the SDK opens its own span of a runner deep inside its first step. */
const invocations = new WeakMap<Scope, OpenAgent>();

/** Wraps `beta.messages.toolRunner`: the loop that it returns is one invocation of an agent, from its first step to its last. */
export function wrapToolRunner(
  runtime: Runtime,
  site: WrapSite,
  original: AnyFunction,
): AnyFunction {
  const start = original as StartToolRunner;
  const callsToolsItself = isIn(site.version, earlyTarget.versions);
  return function toolRunner(
    this: unknown,
    params: RunnerParams,
    options?: RequestOptions,
    ...rest: unknown[]
  ) {
    const uses = new WeakMap<object, ToolUse>();
    const lookUp: ToolUseLookup = (input) =>
      typeof input === 'object' && input !== null ? uses.get(input) : undefined;
    const guarded = <P extends RunnerParams>(given: P): P =>
      proposeCall(runtime, 'anthropic.guard_tools', () =>
        callsToolsItself ? withGuardedTools(runtime, given, lookUp) : given,
      ) ?? given;
    const owner = this as Messages;
    const runner = start.call(owner, guarded(params), options, ...rest);
    const client = owner._client;
    runtime.diagnostics.protect(
      'anthropic.tool_runner',
      () => follow(runtime, runner, { params, options, client, uses, guarded }),
      undefined,
    );
    return runner;
  };
}

interface RunnerFacts {
  readonly params: RunnerParams;
  readonly options: RequestOptions | undefined;
  readonly client: Client | undefined;
  /** By their inputs. */
  readonly uses: WeakMap<object, ToolUse>;
  readonly guarded: <P extends RunnerParams>(params: P) => P;
}

/** Makes the runner's loop an invocation, and keeps what is called on the runner from outside inside of it. */
function follow(runtime: Runtime, runner: ToolRunner, facts: RunnerFacts): void {
  const { params, options, client, guarded } = facts;
  const iterate = runner[Symbol.asyncIterator].bind(runner);
  const respond = runner.generateToolResponse?.bind(runner);
  const setParams = runner.setMessagesParams?.bind(runner);
  let open: OpenAgent | undefined;
  const begin = (): OpenAgent => {
    const conversationId = textOf(options?.openTelemetry?.conversationId);
    const begun = openAgent(runtime, {
      agent: conversationId === undefined ? {} : { conversationId },
      model: textOf(params.model),
      signal: options?.signal,
      nativeSpan: client?._tracer !== undefined,
      framework: PACKAGE,
    });
    invocations.set(begun.scope, begun);
    return begun;
  };
  replace(runner, Symbol.asyncIterator, () => {
    open = begin();
    let last: Message | undefined;
    const source = observe(open.run(iterate), (value) => {
      noteMessage(facts.uses, value, (message) => {
        last = message;
      });
    });
    const over = (): AgentEnd => ({ failed: false, finishReason: finishReason(last?.stop_reason) });
    return agentStream(open, source, over);
  });
  if (respond !== undefined) {
    replace(runner, 'generateToolResponse', (...args: unknown[]) => {
      const within = open;
      return within === undefined ? respond(...args) : within.run(() => respond(...args));
    });
  }
  if (setParams !== undefined) {
    replace(runner, 'setMessagesParams', (given: unknown) =>
      setParams(
        typeof given === 'function'
          ? (before: unknown) => guarded((given as (p: unknown) => RunnerParams)(before))
          : guarded(given as RunnerParams),
      ),
    );
  }
}

function replace(runner: ToolRunner, key: PropertyKey, value: unknown): void {
  Object.defineProperty(runner, key, { value, configurable: true, writable: true });
}

/** The same steps, looked at as they pass. */
function observe(
  source: AsyncIterator<unknown>,
  see: (value: unknown) => void,
): AsyncIterator<unknown> {
  const seen = async (step: Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> => {
    const result = await step;
    if (result.done !== true) see(result.value);
    return result;
  };
  return {
    next: (...args) => seen(source.next(...args)),
    return: async (value) =>
      source.return === undefined
        ? { done: true, value: (await value) as unknown }
        : seen(source.return(value)),
    throw: async (error) => {
      if (source.throw === undefined) throw error;
      return seen(source.throw(error));
    },
  };
}

/** A message, or the stream of one, which has it when it ends. */
function noteMessage(
  uses: WeakMap<object, ToolUse>,
  value: unknown,
  tell: (message: Message) => void,
): void {
  const { finalMessage } = value as { readonly finalMessage?: () => Promise<Message> };
  const note = (message: Message): void => {
    tell(message);
    const { content } = message;
    if (!Array.isArray(content)) return;
    for (const block of content as readonly ToolUse[]) {
      if (block?.type !== 'tool_use') continue;
      if (typeof block.input === 'object' && block.input !== null) uses.set(block.input, block);
    }
  };
  if (typeof finalMessage !== 'function') return note(value as Message);
  // A stream that fails tells its consumer so.
  finalMessage.call(value).then(note, () => undefined);
}

type StartSpan = (this: unknown, ...args: unknown[]) => api.Span | undefined;

/** Wraps `startToolRunnerSpan`: the SDK's own span of a runner is this invocation's. */
export function wrapStartToolRunnerSpan(runtime: Runtime, original: AnyFunction): AnyFunction {
  const start = original as StartSpan;
  return function startToolRunnerSpan(this: unknown, ...args: unknown[]) {
    const span = start.apply(this, args);
    const scope = runtime.scopes.getStore();
    if (span !== undefined && scope !== undefined) invocations.get(scope)?.adopt(span);
    return span;
  };
}
