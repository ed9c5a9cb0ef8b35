import type { Runtime } from '../../../runtime.ts';
import type { AnyFunction } from '../../framework.ts';
import { pendingCalls, type PendingCall } from '../pending-call.ts';
import { createStreamEvents, endEvent, startEvent } from './model-events.ts';
import { observeStream } from './observe-stream.ts';
import type { GenerateResult, LanguageModel, ModelOptions, StreamResult } from './types.ts';

/** Models as the SDK gets them, and what they stand for. */
const followed = new WeakMap<
  object,
  { readonly model: LanguageModel; readonly call: PendingCall }
>();

/** Wraps `resolveLanguageModel`: what a call of `generateText` or `streamText` asks is followed on behalf of that call. */
export function wrapResolveModel(runtime: Runtime, original: AnyFunction): AnyFunction {
  const resolve = original as (this: unknown, ...args: unknown[]) => LanguageModel;
  return function resolveLanguageModel(this: unknown, ...args: unknown[]) {
    const resolved = resolve.apply(this, args);
    const call = pendingCalls.getStore();
    if (call === undefined) return resolved;
    return runtime.diagnostics.protect(
      'ai_sdk.model',
      () => followModel(runtime, resolved, call),
      resolved,
    );
  };
}

/** The model as it is, but for its two ways to be called. */
function followModel(runtime: Runtime, given: LanguageModel, call: PendingCall): LanguageModel {
  const known = followed.get(given);
  if (known?.call === call) return given;
  const model = known?.model ?? given;
  const doGenerate = (options: ModelOptions): PromiseLike<GenerateResult> =>
    generate(runtime, { model, call }, options);
  const doStream = (options: ModelOptions): PromiseLike<StreamResult> =>
    stream(runtime, { model, call }, options);
  const stand = new Proxy(model, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (key === 'doGenerate') return doGenerate;
      return key === 'doStream' ? doStream : value;
    },
  });
  followed.set(stand, { model, call });
  return stand;
}

interface Followed {
  readonly model: LanguageModel;
  readonly call: PendingCall;
}

async function generate(
  runtime: Runtime,
  { model, call }: Followed,
  options: ModelOptions,
): Promise<GenerateResult> {
  const ask = (): PromiseLike<GenerateResult> =>
    Reflect.apply(model.doGenerate as AnyFunction, model, [options]) as PromiseLike<GenerateResult>;
  const result = await asked(runtime, { model, call }, options, ask);
  ended(runtime, call, () => endEvent(result));
  return result;
}

async function stream(
  runtime: Runtime,
  { model, call }: Followed,
  options: ModelOptions,
): Promise<StreamResult> {
  const ask = (): PromiseLike<StreamResult> =>
    Reflect.apply(model.doStream as AnyFunction, model, [options]) as PromiseLike<StreamResult>;
  const result = await asked(runtime, { model, call }, options, ask);
  const events = createStreamEvents(runtime.settings.captureContent);
  const observed = observeStream(result.stream, {
    see: (part) => runtime.diagnostics.protect('ai_sdk.stream', () => events.see(part), undefined),
    end: () => ended(runtime, call, () => events.end()),
    fail: (error) => failed(runtime, call, error),
  });
  return { ...result, stream: observed };
}

/** Asks where the agent may ask; a call that is refused by the provider is told and goes on as it was. */
async function asked<T>(
  runtime: Runtime,
  { model, call }: Followed,
  options: ModelOptions,
  ask: () => PromiseLike<T>,
): Promise<T> {
  const { invocation } = call;
  if (invocation === undefined) return await ask();
  await runtime.guard.admitStep(call.place.scope);
  runtime.diagnostics.protect(
    'ai_sdk.telemetry',
    () => invocation.modelCallStart(startEvent(model, options)),
    undefined,
  );
  try {
    return await invocation.inModelCall(ask);
  } catch (error) {
    failed(runtime, call, error);
    throw error;
  }
}

function ended(
  runtime: Runtime,
  call: PendingCall,
  event: () => ReturnType<typeof endEvent>,
): void {
  runtime.diagnostics.protect(
    'ai_sdk.telemetry',
    () => {
      const told = event();
      call.progress = { finishReason: told.finishReason };
      call.invocation?.modelCallEnd(told);
    },
    undefined,
  );
}

function failed(runtime: Runtime, call: PendingCall, error: unknown): void {
  runtime.diagnostics.protect(
    'ai_sdk.telemetry',
    () => {
      call.progress = { error };
      call.invocation?.modelCallFailed(error);
    },
    undefined,
  );
}
