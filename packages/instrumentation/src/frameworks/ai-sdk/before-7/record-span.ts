import type * as api from '@opentelemetry/api';

import { isAftertraceError } from '../../../errors.ts';
import type { Runtime } from '../../../runtime.ts';
import { agentAttributes, scopeAttributes } from '../../../spans/identity-attributes.ts';
import type { Scope } from '../../../spans/scope.ts';
import { withoutUndefined } from '../../../spans/telemetry.ts';
import type { AnyFunction } from '../../framework.ts';
import { Invocation } from '../invocation.ts';
import type { NativeTelemetry } from '../native-telemetry.ts';
import { pendingCalls, type PendingCall } from '../pending-call.ts';
import type { Attributes, RecordSpanOptions } from './types.ts';

/** Before 7 a call has one span of its own, and no id by which to find it. */
const CALL_ID = 'ai';

/**
 * Wraps `recordSpan`, through which all passes that the SDK would tell. A call's own span is where its invocation
 * begins. With `experimental_telemetry` on, spans are the application's: they get our attributes, and none are opened
 * beside them.
 */
export function wrapRecordSpan(runtime: Runtime, original: AnyFunction): AnyFunction {
  const record = original as (this: unknown, ...args: unknown[]) => unknown;
  return function recordSpan(this: unknown, ...args: unknown[]) {
    const [given, ...rest] = args as [RecordSpanOptions, ...unknown[]];
    const options = runtime.diagnostics.protect(
      'ai_sdk.record_span',
      () => instrument(runtime, given),
      given,
    );
    return record.call(this, options, ...rest);
  };
}

/** Wraps `recordErrorOnSpan`: a refusal and a stop are no errors of the call that they ended. */
export function wrapRecordError(original: AnyFunction): AnyFunction {
  const record = original as (this: unknown, ...args: unknown[]) => unknown;
  return function recordErrorOnSpan(this: unknown, ...args: unknown[]) {
    return isAftertraceError(args[1]) ? undefined : record.apply(this, args);
  };
}

function instrument(runtime: Runtime, options: RecordSpanOptions): RecordSpanOptions {
  const pending = pendingCalls.getStore();
  const isRoot = options.name === 'ai.generateText' || options.name === 'ai.streamText';
  if (isRoot && pending !== undefined && pending.invocation === undefined) {
    return beginInvocation(runtime, pending, options);
  }
  const scope = runtime.scopes.getStore();
  return scope === undefined ? options : withAttributes(options, ourAttributes(runtime, scope));
}

function beginInvocation(
  runtime: Runtime,
  pending: PendingCall,
  options: RecordSpanOptions,
): RecordSpanOptions {
  const { diagnostics } = runtime;
  let root: api.Span | undefined;
  const isNative = pending.telemetry?.isEnabled === true;
  const native: NativeTelemetry | undefined = isNative ? { rootSpan: () => root } : undefined;
  const invocation = new Invocation(runtime, { ...pending.place, native });
  pending.invocation = invocation;
  const finish = (): void => {
    const finishReason = pending.progress?.finishReason;
    invocation.finished(finishReason === undefined ? {} : { finishReason });
  };
  const end = (): void => {
    finish();
    const { scope } = pending.place;
    const aborted = scope.halt?.stoppedBy() !== undefined || pending.isAborted?.() === true;
    const error = pending.progress?.error;
    invocation.end({ failed: !aborted && error !== undefined, error, aborted });
  };
  const { endsWithCallbacks, scope } = pending.place;
  return {
    ...withAttributes(options, isNative ? ourAttributes(runtime, scope) : {}),
    fn: (span) => {
      root = span;
      const begin = (): void => invocation.start({ callId: CALL_ID, ...pending.start });
      diagnostics.protect('ai_sdk.start', begin, undefined);
      if (endsWithCallbacks) {
        return options.fn(endTold(span, () => diagnostics.protect('ai_sdk.end', end, undefined)));
      }
      const result = options.fn(span);
      if (!isNative) return result;
      return Promise.resolve(result).finally(() =>
        diagnostics.protect('ai_sdk.end', finish, undefined),
      );
    },
  };
}

/** The span with its end told first. A stream's span ends with the stream, read to its end or aborted. */
function endTold(span: api.Span, onEnd: () => void): api.Span {
  // The span that records nothing is everybody's.
  const told = span.isRecording() ? span : (Object.create(span) as api.Span);
  const end = span.end.bind(span);
  told.end = (at) => {
    onEnd();
    end(at);
  };
  return told;
}

function ourAttributes(runtime: Runtime, scope: Scope): Attributes {
  return withoutUndefined({
    ...scopeAttributes(scope, runtime.instance),
    ...agentAttributes(scope.agent),
  });
}

/** The SDK's own win. Promised where they were promised. */
function withAttributes(options: RecordSpanOptions, ours: Attributes): RecordSpanOptions {
  const { attributes } = options;
  const isPromised = typeof (attributes as Partial<PromiseLike<unknown>>).then === 'function';
  return {
    ...options,
    attributes: isPromised
      ? Promise.resolve(attributes).then((theirs) => ({ ...ours, ...theirs }))
      : { ...ours, ...(attributes as Attributes) },
  };
}
