import * as api from '@opentelemetry/api';

/** Something that can be told to send what it holds. */
interface Flushable {
  forceFlush(): Promise<void>;
}

/** Sends what the tracer and logger providers of this process hold. Never rejects. */
export async function flushProviders(): Promise<void> {
  await Promise.allSettled(providers().map((provider) => provider.forceFlush()));
}

/** The registered providers, behind the API's proxies. */
function providers(): readonly Flushable[] {
  const registered: readonly unknown[] = [
    api.trace.getTracerProvider(),
    api.logs.getLoggerProvider(),
  ];
  return registered.map((provider) => delegateOf(provider)).filter((found) => isFlushable(found));
}

function delegateOf(provider: unknown): unknown {
  const proxy = provider as { getDelegate?: () => unknown; _getDelegate?: () => unknown };
  return proxy.getDelegate?.() ?? proxy._getDelegate?.() ?? provider;
}

function isFlushable(provider: unknown): provider is Flushable {
  return typeof (provider as Partial<Flushable> | undefined)?.forceFlush === 'function';
}
