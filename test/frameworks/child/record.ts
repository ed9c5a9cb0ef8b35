/** `--import` of the child: an SDK, of the line that the cell asks for, which keeps what it gets. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire, registerHooks } from 'node:module';

import type { RecordedEvent, RecordedSpan } from '../recorded.ts';

/** Which scenario the code runs in; spans and events are told apart by it. */
export const currentScenario = new AsyncLocalStorage<string>();
export const recordedSpans: RecordedSpan[] = [];
export const recordedEvents: RecordedEvent[] = [];

const install = `${process.env['AFTERTRACE_TEST_OTEL'] ?? ''}/`;
const requireOtel = createRequire(install);

/** As in an application with one copy of the API: ours is the one that the SDK has. */
const apiUrl = `file://${requireOtel.resolve('@opentelemetry/api')}`;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@opentelemetry/api' && context.parentURL?.includes('/node_modules/') === false
      ? { url: apiUrl, shortCircuit: true }
      : next(specifier, context),
});

interface OtelSpan {
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code: number };
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string }[];
  readonly startTime: readonly [number, number];
  readonly endTime: readonly [number, number];
  readonly parentSpanContext?: { readonly spanId: string };
  readonly instrumentationScope: { readonly name: string };
  spanContext(): { readonly spanId: string; readonly traceId: string };
}

interface OtelLog {
  readonly eventName?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly spanContext?: { readonly spanId: string; readonly traceId: string };
}

const scenarioOf = new WeakMap<object, string>();
const flushed = (): Promise<void> => Promise.resolve();

const spanProcessor = {
  onStart: (span: OtelSpan): void => {
    scenarioOf.set(span, currentScenario.getStore() ?? '');
  },
  onEnd: (span: OtelSpan): void => {
    const { spanId, traceId } = span.spanContext();
    recordedSpans.push({
      scenario: scenarioOf.get(span) ?? '',
      name: span.name,
      kind: span.kind,
      status: span.status.code,
      attributes: { ...span.attributes },
      events: span.events.map(({ name }) => name),
      startNano: nano(span.startTime),
      endNano: nano(span.endTime),
      parentSpanId: span.parentSpanContext?.spanId,
      spanId,
      traceId,
      scope: span.instrumentationScope.name,
    });
  },
  forceFlush: flushed,
  shutdown: flushed,
};

const logProcessor = {
  onEmit: (record: OtelLog): void => {
    recordedEvents.push({
      scenario: currentScenario.getStore() ?? '',
      name: record.eventName ?? '',
      attributes: { ...record.attributes },
      spanId: record.spanContext?.spanId,
      traceId: record.spanContext?.traceId,
    });
  },
  forceFlush: flushed,
  shutdown: flushed,
};

function nano([seconds, nanos]: readonly [number, number]): string {
  return String(BigInt(seconds) * 1_000_000_000n + BigInt(nanos));
}

interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

type Constructor = new (options: object) => object;
interface Api {
  readonly propagation: { setGlobalPropagator(propagator: object): void };
  readonly trace: {
    getSpanContext(context: object): SpanContext | undefined;
    setGlobalTracerProvider(provider: object): void;
  };
  readonly context: { setGlobalContextManager(manager: object): void };
  readonly logs?: { setGlobalLoggerProvider(provider: object): void };
}

const api = requireOtel('@opentelemetry/api') as Api;
const { AsyncLocalStorageContextManager } = requireOtel('@opentelemetry/context-async-hooks') as {
  AsyncLocalStorageContextManager: new () => { enable(): object };
};
const { LoggerProvider } = requireOtel('@opentelemetry/sdk-logs') as {
  LoggerProvider: Constructor;
};
const isLine2 = process.env['AFTERTRACE_TEST_SDK'] === '2';
const tracing = requireOtel(
  isLine2 ? '@opentelemetry/sdk-trace-base' : '@opentelemetry/sdk-trace',
) as Readonly<Record<string, Constructor>>;
const TracerProvider = tracing[isLine2 ? 'BasicTracerProvider' : 'TracerProvider'];
if (TracerProvider === undefined) throw new Error('no tracer provider in this SDK');
const logsApi = isLine2 ? (requireOtel('@opentelemetry/api-logs') as Api).logs : api.logs;

api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
api.trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [spanProcessor] }));
logsApi?.setGlobalLoggerProvider(new LoggerProvider({ processors: [logProcessor] }));
// As every SDK registers one: W3C Trace Context, the writing half.
api.propagation.setGlobalPropagator({
  fields: () => ['traceparent'],
  extract: (context: object) => context,
  inject: (context: object, carrier: object, setter: Setter) => {
    const span = api.trace.getSpanContext(context);
    if (span === undefined) return;
    const flags = span.traceFlags.toString(16).padStart(2, '0');
    setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-${flags}`);
  },
});

interface Setter {
  set(carrier: object, key: string, value: string): void;
}
