import { runStopped } from '../../guard/halt.ts';
import type { Runtime } from '../../runtime.ts';
import type { AnyFunction } from '../framework.ts';
import { beginCall, pendingCalls, type PendingCall } from './pending-call.ts';
import type { CallOptions } from './types.ts';

type Entry = (this: unknown, options: CallOptions, ...rest: unknown[]) => unknown;

/** What the SDK is called with instead, before the way to stop it is added. Must not throw. */
export type Prepare = (options: CallOptions, pending: PendingCall) => CallOptions;

const asItIs: Prepare = (options) => options;

/** Wraps `generateText`: a run from its call until its promise settles. */
export function wrapGenerateText(
  runtime: Runtime,
  original: AnyFunction,
  prepare = asItIs,
): AnyFunction {
  const entry = original as Entry;
  return function generateText(this: unknown, options: CallOptions, ...rest: unknown[]) {
    const pending = beginCall(runtime, options, false);
    if (pending === undefined) return entry.call(this, options, ...rest);
    const { scope } = pending.place;
    const given = stoppable(prepare(options, pending), pending);
    const call = (): unknown => entry.call(this, given, ...rest);
    const end = (how: { failed: boolean; error?: unknown; aborted?: boolean }): void => {
      runtime.diagnostics.protect('ai_sdk.end', () => pending.invocation?.end(how), undefined);
      scope.halt?.end();
    };
    const result = runtime.scopes.run(scope, () => pendingCalls.run(pending, call));
    return (result as Promise<unknown>).then(
      (value) => {
        end({ failed: false });
        return value;
      },
      (error: unknown) => {
        const containment = scope.halt?.stoppedBy();
        const aborted = containment !== undefined || options.abortSignal?.aborted === true;
        end({ failed: !aborted, error, aborted });
        throw containment === undefined ? error : runStopped(scope.agent.name, containment);
      },
    );
  };
}

/** Wraps what begins a stream: a run until the stream has ended, which its telemetry tells. */
export function wrapStreamText(
  runtime: Runtime,
  original: AnyFunction,
  prepare = asItIs,
): AnyFunction {
  const entry = original as Entry;
  return function streamText(this: unknown, options: CallOptions, ...rest: unknown[]) {
    const pending = beginCall(runtime, options, true);
    if (pending === undefined) return entry.call(this, options, ...rest);
    const given = stoppable(prepare(options, pending), pending);
    const call = (): unknown => entry.call(this, given, ...rest);
    return runtime.scopes.run(pending.place.scope, () => pendingCalls.run(pending, call));
  };
}

/** The call with a signal that a kill aborts, its own included; as it is where nobody governs this process. */
function stoppable(options: CallOptions, { place }: PendingCall): CallOptions {
  const { halt } = place.scope;
  return halt === undefined ? options : { ...options, abortSignal: halt.signal };
}
