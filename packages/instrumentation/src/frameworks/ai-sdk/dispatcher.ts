import { isAftertraceError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import type { Invocation } from './invocation.ts';
import type { Dispatcher, ExecuteWrapper, StartEvent, ToolExecutionEndEvent } from './types.ts';

/**
 * Puts our callbacks around those of a dispatcher. The application's own telemetry sees what it saw before, in the same
 * order; what it returns or throws goes where it went before.
 */
export function composeDispatcher(
  runtime: Runtime,
  inner: Dispatcher,
  invocation: Invocation,
): Dispatcher {
  const { scope, native, endsWithCallbacks } = invocation.place;
  const safely = (action: () => void): void =>
    runtime.diagnostics.protect('ai_sdk.telemetry', action, undefined);
  /** Calls theirs, so that spans opened there know their run; then or before it, ours. */
  const compose =
    <Event>(
      theirs: ((event: Event) => unknown) | undefined,
      ours: { before?: (event: Event) => void; after?: (event: Event) => void },
    ) =>
    async (event: Event): Promise<void> => {
      safely(() => ours.before?.(event));
      try {
        if (theirs !== undefined) await runtime.scopes.run(scope, () => theirs(event));
      } finally {
        safely(() => ours.after?.(event));
      }
    };
  return {
    ...inner,
    ...inScope(runtime, inner, invocation),
    onStart: compose<StartEvent>(inner.onStart, { after: (event) => invocation.start(event) }),
    onLanguageModelCallStart: compose(inner.onLanguageModelCallStart, {
      before: (event) => invocation.modelCallStart(event),
    }),
    onLanguageModelCallEnd: compose(inner.onLanguageModelCallEnd, {
      before: (event) => invocation.modelCallEnd(event),
    }),
    onStepError: compose(inner.onStepError, {
      before: (event) => invocation.modelCallFailed(event.error),
    }),
    onEnd: compose(inner.onEnd, {
      before: (event) => invocation.finished(event),
      after: () => {
        if (endsWithCallbacks) invocation.end({ failed: false });
      },
    }),
    onAbort: compose(inner.onAbort, {
      after: () => invocation.end({ failed: false, aborted: true }),
    }),
    onError: compose(inner.onError, {
      after: (event) => {
        if (endsWithCallbacks) invocation.end({ failed: true, error: event.error });
      },
    }),
    executeLanguageModelCall: executeInModelCall(runtime, inner, invocation),
    // A function of this call's own: `executeToolCall` gets it, and finds the call by it.
    executeTool:
      inner.executeTool === undefined
        ? ({ execute }) => execute()
        : (options) => inner.executeTool?.(options) ?? options.execute(),
    ...(native === undefined || inner.onToolExecutionEnd === undefined
      ? {}
      : { onToolExecutionEnd: withoutRefusals(runtime, inner.onToolExecutionEnd, invocation) }),
  };
}

/** Callbacks that are only theirs, with the run in scope: spans opened there get its attributes. */
function inScope(runtime: Runtime, inner: Dispatcher, invocation: Invocation): Partial<Dispatcher> {
  const { scope, native } = invocation.place;
  if (native === undefined) return {};
  const wrapped: Record<string, unknown> = {};
  for (const name of ['onStepStart', 'onToolExecutionStart', 'onStepEnd'] as const) {
    const theirs = inner[name];
    if (theirs === undefined) continue;
    wrapped[name] = (event: unknown) => runtime.scopes.run(scope, () => theirs(event));
  }
  return wrapped;
}

/** Each attempt is admitted first: an agent that was killed makes no further call of its model. */
function executeInModelCall(
  runtime: Runtime,
  { executeLanguageModelCall: inner }: Dispatcher,
  invocation: Invocation,
): ExecuteWrapper {
  return async (options) => {
    await runtime.guard.admitStep(invocation.place.scope);
    const execute = (): PromiseLike<unknown> => invocation.inModelCall(options.execute);
    return inner === undefined ? execute() : inner({ ...options, execute });
  };
}

/**
 * A refused call is not an error. The application's own telemetry gets its end without the refusal as an error, so that
 * its span stays unset; the application's callbacks and the model get it as they should.
 */
function withoutRefusals(
  runtime: Runtime,
  theirs: NonNullable<Dispatcher['onToolExecutionEnd']>,
  invocation: Invocation,
): NonNullable<Dispatcher['onToolExecutionEnd']> {
  return (event: ToolExecutionEndEvent) => {
    const { toolOutput } = event;
    const isRefusal = isAftertraceError(toolOutput?.error);
    const shown = isRefusal
      ? { ...event, toolOutput: { ...toolOutput, type: 'tool-result', error: undefined } }
      : event;
    return runtime.scopes.run(invocation.place.scope, () => theirs(shown));
  };
}
