import { AsyncLocalStorage } from 'node:async_hooks';

import type { Runtime } from '../../runtime.ts';
import { telemetryOf } from './identity.ts';
import type { Invocation, InvocationPlace } from './invocation.ts';
import { placeOf } from './place-of.ts';
import type { CallOptions, StartEvent, TelemetrySettings } from './types.ts';

/** A call of `generateText` or `streamText` that has begun, whose invocation is made when the SDK gets to its telemetry. */
export interface PendingCall {
  readonly place: Omit<InvocationPlace, 'native'>;
  readonly telemetry: TelemetrySettings | undefined;
  invocation: Invocation | undefined;
  /** Before 7: what the call was made with. */
  start?: StartEvent;
  /** Before 7: how the last model call ended. */
  progress?: { readonly finishReason?: string | undefined; readonly error?: unknown };
  /** Before 7: whether the caller has given up. */
  isAborted?: () => boolean;
}

/** The call that the code belongs to; none inside of a tool. */
export const pendingCalls = new AsyncLocalStorage<PendingCall | undefined>();

/** Finds out whose call this is. Undefined where that fails: it then goes on unseen. */
export function beginCall(
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
