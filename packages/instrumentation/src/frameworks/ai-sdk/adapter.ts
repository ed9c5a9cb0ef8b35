import type { WrapSite } from '../../load-hook/target.ts';
import type { Runtime } from '../../runtime.ts';
import { agentAttributes, scopeAttributes } from '../../spans/identity-attributes.ts';
import { withoutUndefined } from '../../spans/telemetry.ts';
import type { AnyFunction, Framework } from '../framework.ts';
import { wrapBefore7 } from './before-7/wrap.ts';
import { composeDispatcher } from './dispatcher.ts';
import { wrapGenerateText, wrapStreamText } from './entry.ts';
import { wrapExecuteToolCall } from './execute-tool-call.ts';
import { Invocation } from './invocation.ts';
import { findNativeTelemetry } from './native-telemetry.ts';
import { pendingCalls } from './pending-call.ts';
import { isBefore7 } from './targets.ts';
import type { Dispatcher, TelemetrySettings } from './types.ts';

/** By the `executeTool` of the call's dispatcher, which reaches `executeToolCall`; forgotten with it. */
const invocations = new WeakMap<object, Invocation>();

/** The AI SDK. */
export const aiSdk: Framework = Object.freeze({
  wrap: (runtime: Runtime, site: WrapSite, original: AnyFunction): AnyFunction | undefined => {
    if (isBefore7(site.version)) return wrapBefore7(runtime, site, original);
    switch (site.symbol) {
      case 'generateText':
        return wrapGenerateText(runtime, original);
      case 'streamText':
      case 'startStreamText':
        return wrapStreamText(runtime, original);
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
