import type { Runtime } from '../../runtime.ts';
import { openAgent, type OpenAgent } from '../../spans/open-agent.ts';
import type { AgentIdentity, Scope } from '../../spans/scope.ts';
import type { AnyFunction } from '../framework.ts';
import { fromContext } from './request-context.ts';
import { fieldsOf, textOf, type Agent, type AskOptions } from './types.ts';

type Ask = (
  this: unknown,
  input: unknown,
  options?: AskOptions,
  ...rest: unknown[]
) => Promise<unknown>;

/** Scopes of invocations, and whose they are: an agent that calls a method of its own is the same invocation. */
const agents = new WeakMap<Scope, unknown>();

/** Wraps `generate`, and `resumeGenerate`, which goes on after a pause: each is one invocation of the agent. */
export function wrapGenerate(runtime: Runtime, original: AnyFunction): AnyFunction {
  const ask = original as Ask;
  return async function generate(
    this: unknown,
    input: unknown,
    options?: AskOptions,
    ...rest: unknown[]
  ) {
    if (isOwn(runtime, this)) return ask.call(this, input, options, ...rest);
    const open = begin(runtime, this as Agent, options);
    try {
      const passed = stoppable(open, options);
      const output = await open.run(() => ask.call(this, input, passed, ...rest));
      // One that was stopped on its way gives what it had: its caller is told that it was stopped.
      const stopped = open.failure(undefined);
      if (stopped !== undefined) throw stopped;
      open.end({ failed: false, finishReason: finishReason(fieldsOf(output)['finishReason']) });
      return output;
    } catch (error) {
      open.end({ failed: true, error });
      throw open.failure(error);
    }
  };
}

/** Wraps `stream` and `resumeStream`: what they give is read while the agent still works. */
export function wrapStream(runtime: Runtime, original: AnyFunction): AnyFunction {
  const ask = original as Ask;
  return async function stream(
    this: unknown,
    input: unknown,
    options?: AskOptions,
    ...rest: unknown[]
  ) {
    if (isOwn(runtime, this)) return ask.call(this, input, options, ...rest);
    const open = begin(runtime, this as Agent, options);
    try {
      const passed = stoppable(open, endingWith(open, this as Agent, options));
      const output = await open.run(() => ask.call(this, input, passed, ...rest));
      endWhenRead(open, output);
      return output;
    } catch (error) {
      open.end({ failed: true, error });
      throw open.failure(error);
    }
  };
}

function isOwn(runtime: Runtime, agent: unknown): boolean {
  const outer = runtime.scopes.getStore();
  return outer !== undefined && agents.get(outer) === agent;
}

function begin(runtime: Runtime, agent: Agent, options: AskOptions | undefined): OpenAgent {
  const identity = runtime.diagnostics.protect(
    'mastra.identity',
    () => identityOf(agent, options),
    {},
  );
  const signal = options?.abortSignal;
  const open = openAgent(runtime, {
    agent: identity,
    framework: '@mastra/core',
    ...(signal instanceof AbortSignal ? { signal } : {}),
  });
  agents.set(open.scope, agent);
  return open;
}

function identityOf({ id, name }: Agent, options: AskOptions | undefined): Partial<AgentIdentity> {
  const thread = options?.memory?.thread;
  const said = (key: string): string | undefined =>
    textOf(fromContext(options?.requestContext, key));
  const known = {
    name: textOf(name) ?? textOf(id),
    conversationId: textOf(thread) ?? textOf(fieldsOf(thread)['id']) ?? said('conversationId'),
    tenant: said('tenant'),
    onBehalfOf: said('onBehalfOf'),
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

function stoppable({ signal }: OpenAgent, options: AskOptions | undefined): AskOptions | undefined {
  return signal === undefined ? options : { ...options, abortSignal: signal };
}

/** Mastra's reasons in the words of OpenTelemetry; one that waits for a person has asked for a call. */
function finishReason(reason: unknown): string | undefined {
  if (reason === 'suspended' || reason === 'tool-calls') return 'tool_call';
  return reason === 'content-filter' ? 'content_filter' : textOf(reason);
}

/** The options with a callback that tells of the end; those of the application, or of the agent, are called as before. */
function endingWith(open: OpenAgent, agent: Agent, options: AskOptions | undefined): AskOptions {
  const onFinish = async (event: unknown, ...rest: unknown[]): Promise<unknown> => {
    open.end({ failed: false, finishReason: finishReason(fieldsOf(event)['finishReason']) });
    const defaults = (): unknown =>
      agent.getDefaultOptions?.({ requestContext: options?.requestContext });
    const own = options?.onFinish ?? fieldsOf(await defaults())['onFinish'];
    return typeof own === 'function'
      ? (Reflect.apply(own, undefined, [event, ...rest]) as unknown)
      : undefined;
  };
  return { ...options, onFinish };
}

/** Where an output tells when it is over, however that came: failed, given up, or waiting for a person. */
function endWhenRead(open: OpenAgent, output: unknown): void {
  const { _waitUntilFinished: wait } = fieldsOf(output);
  if (typeof wait !== 'function') return;
  const over = async (): Promise<void> => {
    try {
      await Reflect.apply(wait, output, []);
      const { error } = fieldsOf(output);
      open.end({ failed: error !== undefined && error !== null, error });
    } catch (error) {
      open.end({ failed: true, error });
    }
  };
  void over();
}
