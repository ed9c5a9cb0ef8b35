import { SCOPE_NAME } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { VERSION } from '../version.ts';
import { givenProviders, tracerProvider } from './providers.ts';
import { tellUrgent } from './urgent.ts';

/** The tracer of the provider that was registered when it was asked for. */
let known: { readonly provider: unknown; readonly tracer: api.Tracer } | undefined;

/** The tracer of this package, from the provider that is registered now: an SDK may start later, or be replaced. */
export function tracer(): api.Tracer {
  const registered = tracerProvider();
  const provider = delegateOf(registered);
  if (known !== undefined && known.provider === provider) return known.tracer;
  const found = registered.getTracer(SCOPE_NAME, VERSION);
  known = { provider, tracer: found };
  return found;
}

/** The API hands out a proxy, which stays the same when an SDK comes. */
function delegateOf(provider: api.TracerProvider): unknown {
  return provider instanceof api.ProxyTracerProvider ? provider.getDelegate() : provider;
}

/** OpenTelemetry severity numbers that are used here. */
export const Severity = {
  INFO: 9,
  WARN: 13,
  ERROR: 17,
} as const;

/** A log event: something that happened at one time and must leave whether or not a span is sampled. */
export interface LogEvent {
  readonly name: string;
  readonly severity: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Where it happened; default: the active context. */
  readonly context?: api.Context | undefined;
}

/** Emits an event through whichever logs API the process has; without one, and when it throws, nothing happens. */
export function emitEvent(event: LogEvent): void {
  try {
    logger()?.emit({
      eventName: event.name,
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- API 1.9 has no SeverityNumber to take it from
      severityNumber: event.severity,
      attributes: withoutUndefined(event.attributes),
      context: event.context ?? api.context.active(),
    });
  } catch (error) {
    // A logs pipeline that throws must not reach the agent's call.
    api.diag.debug('aftertrace: a log event was not taken', error);
  }
  if (event.severity >= Severity.WARN) tellUrgent();
}

type EmittingLogger = Pick<api.Logger, 'emit'>;

/**
 * `logs` of API 1.10, else the global that `@opentelemetry/api-logs` keeps beside API 1.9 (SDK 2.x). Where both are there, as
 * with an SDK 2.x beside a newer API, the one that an SDK has registered with.
 */
function logger(): EmittingLogger | undefined {
  const { loggerProvider } = givenProviders();
  if (loggerProvider !== undefined) return loggerProvider.getLogger(SCOPE_NAME, VERSION);
  const modern = (api as { readonly logs?: typeof api.logs }).logs;
  const legacy = legacyProvider();
  if (modern !== undefined && (legacy === undefined || isLogsRegistered())) {
    return modern.getLogger(SCOPE_NAME, VERSION);
  }
  return legacy?.getLogger?.(SCOPE_NAME, VERSION);
}

function legacyProvider(): Partial<api.LoggerProvider> | undefined {
  const getter = (globalThis as Record<symbol, unknown>)[API_LOGS_GLOBAL];
  if (typeof getter !== 'function') return undefined;
  return (getter as (version: number) => Partial<api.LoggerProvider> | undefined)(
    API_LOGS_COMPATIBILITY,
  );
}

function isLogsRegistered(): boolean {
  const globals = (globalThis as Record<symbol, unknown>)[API_GLOBAL];
  return (globals as { readonly logs?: unknown } | undefined)?.logs !== undefined;
}

const API_GLOBAL = Symbol.for('opentelemetry.js.api.1');
const API_LOGS_GLOBAL = Symbol.for('io.opentelemetry.js.api.logs');
const API_LOGS_COMPATIBILITY = 1;

/** Attributes without the absent ones. */
export function withoutUndefined(
  attributes: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const present: Record<string, unknown> = {};
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (value !== undefined) present[key] = value;
  }
  return present;
}
