import type * as api from '@opentelemetry/api';

import type { Runtime } from '../../runtime.ts';
import type { AnyFunction } from '../framework.ts';
import { sending } from './messages.ts';

type StartSpan = (this: unknown, ...args: unknown[]) => { readonly span?: api.Span } | undefined;

/** Wraps `startApiCallSpan`: the SDK's own span of a model call gets what it lacks. */
export function wrapStartApiCallSpan(runtime: Runtime, original: AnyFunction): AnyFunction {
  const start = original as StartSpan;
  return function startApiCallSpan(this: unknown, ...args: unknown[]) {
    const started = start.apply(this, args);
    const adopt = (): void => sending.getStore()?.adopt(started?.span);
    runtime.diagnostics.protect('anthropic.chat_span', adopt, undefined);
    return started;
  };
}
