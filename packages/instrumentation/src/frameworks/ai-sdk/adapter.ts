import { AsyncLocalStorage } from 'node:async_hooks';

import * as api from '@opentelemetry/api';

import { runStopped } from '../../guard/halt.ts';
import type { WrapSite } from '../../load-hook/target.ts';
import type { Runtime } from '../../runtime.ts';
import { agentAttributes, scopeAttributes } from '../../spans/identity-attributes.ts';
import {
  inheritIdentity,
  isRunId,
  newRun,
  resumableRun,
  type AgentIdentity,
  type Run,
  type Scope,
} from '../../spans/scope.ts';
import { withoutUndefined } from '../../spans/telemetry.ts';
import type { AnyFunction, Framework } from '../framework.ts';
import { composeDispatcher } from './dispatcher.ts';
import { wrapExecuteToolCall } from './execute-tool-call.ts';
import { identityOf, telemetryOf } from './identity.ts';
import { Invocation, type InvocationPlace } from './invocation.ts';
import { findNativeTelemetry } from './native-telemetry.ts';
import { target } from './targets.ts';
import type { CallOptions, Dispatcher, TelemetrySettings } from './types.ts';

/** A call that has begun and whose dispatcher has not been made yet. */
interface PendingCall {
  readonly place: Omit<InvocationPlace, 'native'>;
  readonly telemetry: TelemetrySettings | undefined;
  invocation: Invocation | undefined;
}

const pendingCalls = new AsyncLocalStorage<PendingCall>();
/** By the `executeTool` of the call's dispatcher, which reaches `executeToolCall`; forgotten with it. */
const invocations = new WeakMap<object, Invocation>();

/** The AI SDK. */
export const aiSdk: Framework = Object.freeze({
  targets: [target],
  wrap: (runtime: Runtime, site: WrapSite, original: AnyFunction): AnyFunction | undefined => {
    switch (site.symbol) {
      case 'generateText':
        return wrapGenerateText(runtime, original);
      case 'startStreamText':
        return wrapStartStreamText(runtime, original);
      case 'createTelemetryDispatcher':
        return wrapCreateDispatcher(runtime, original);
      case 'executeToolCall':
        return wrapExecuteToolCall(runtime, original, ({ executeToolInTelemetryContext }) =>
          executeToolInTelemetryContext === undefined
            ? undefined
            : invocations.get(executeToolInTelemetryContext),
        );
      default:
        return undefined;
    }
  },
});

type Entry = (this: unknown, options: CallOptions, ...rest: unknown[]) => unknown;

function wrapGenerateText(runtime: Runtime, original: AnyFunction): AnyFunction {
  const entry = original as Entry;
  return function generateText(this: unknown, options: CallOptions, ...rest: unknown[]) {
    const pending = begin(runtime, options, false);
    if (pending === undefined) return entry.call(this, options, ...rest);
    const { scope } = pending.place;
    const call = (): unknown => entry.call(this, stoppable(options, scope), ...rest);
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

function wrapStartStreamText(runtime: Runtime, original: AnyFunction): AnyFunction {
  const entry = original as Entry;
  return function startStreamText(this: unknown, options: CallOptions, ...rest: unknown[]) {
    const pending = begin(runtime, options, true);
    if (pending === undefined) return entry.call(this, options, ...rest);
    const call = (): unknown => entry.call(this, stoppable(options, pending.place.scope), ...rest);
    return runtime.scopes.run(pending.place.scope, () => pendingCalls.run(pending, call));
  };
}

/** The call with a signal that a kill aborts, its own included; as it is where nobody governs this process. */
function stoppable(options: CallOptions, { halt }: Scope): CallOptions {
  return halt === undefined ? options : { ...options, abortSignal: halt.signal };
}

/** Finds out whose call this is. */
function begin(
  runtime: Runtime,
  options: CallOptions,
  endsWithCallbacks: boolean,
): PendingCall | undefined {
  return runtime.diagnostics.protect(
    'ai_sdk.begin',
    () => {
      const place = placeOf(runtime, options);
      const halt = runtime.guard.startRun(place.scope, options.abortSignal);
      return {
        place: { ...place, scope: { ...place.scope, halt }, endsWithCallbacks },
        telemetry: telemetryOf(options),
        invocation: undefined,
      };
    },
    undefined,
  );
}

function placeOf(
  runtime: Runtime,
  options: CallOptions,
): Omit<InvocationPlace, 'native' | 'endsWithCallbacks'> {
  const own = identityOf(options);
  const { runtimeContext } = options;
  const versions = {};
  const outer = runtime.scopes.getStore();
  const parent = api.context.active();
  if (outer === undefined) {
    const agent = inheritIdentity({ name: runtime.settings.agent }, own);
    runtime.link.sawAgent(agent.name);
    const run = runOf(runtime, agent, runtimeContext?.['runId']);
    const scope = { run, agent, versions };
    return { scope, ownsRun: true, hasSpan: false, parent, runtimeContext };
  }
  const agent = inheritIdentity(outer.agent, own);
  runtime.link.sawAgent(agent.name);
  const isPartOf = outer.explicit === true && outer.toolCall === undefined;
  const hasSpan = isPartOf && agent.name === outer.agent.name;
  const scope = { run: outer.run, agent, versions, halt: outer.halt };
  return { scope, ownsRun: false, hasSpan, parent, runtimeContext };
}

/** `runtimeContext.runId` is the id of a run that goes on after a restart of its process. */
function runOf(runtime: Runtime, agent: AgentIdentity, runId: unknown): Run {
  const { randomId, agents } = runtime;
  return isRunId(runId)
    ? resumableRun(runId, agent, agents.now())
    : newRun(randomId(), agent, agents.now());
}

function wrapCreateDispatcher(runtime: Runtime, original: AnyFunction): AnyFunction {
  const create = original as (this: unknown, ...args: unknown[]) => Dispatcher;
  return function createTelemetryDispatcher(this: unknown, ...args: unknown[]) {
    const inner = create.apply(this, args);
    return runtime.diagnostics.protect(
      'ai_sdk.dispatcher',
      () => instrument(runtime, inner, args[0] as { telemetry?: TelemetrySettings }),
      inner,
    );
  };
}

/** The first dispatcher made with a pending call's own settings is that call's; embeddings and others have none pending. */
function instrument(
  runtime: Runtime,
  inner: Dispatcher,
  { telemetry }: { readonly telemetry?: TelemetrySettings },
): Dispatcher {
  const pending = pendingCalls.getStore();
  if (pending === undefined || pending.invocation !== undefined) return inner;
  if (pending.telemetry !== telemetry) return inner;
  const native = findNativeTelemetry(telemetry, () => currentAttributes(runtime));
  const invocation = new Invocation(runtime, { ...pending.place, native });
  pending.invocation = invocation;
  const composed = composeDispatcher(runtime, inner, invocation);
  if (composed.executeTool !== undefined) invocations.set(composed.executeTool, invocation);
  return composed;
}

/** For spans that the application's telemetry is about to open. */
function currentAttributes(runtime: Runtime): Record<string, unknown> {
  const scope = runtime.scopes.getStore();
  if (scope === undefined) return {};
  return withoutUndefined({
    ...scopeAttributes(scope, runtime.instance),
    ...agentAttributes(scope.agent),
  });
}
