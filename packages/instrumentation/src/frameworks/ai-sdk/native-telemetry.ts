import type * as api from '@opentelemetry/api';

import type { TelemetrySettings } from './types.ts';

/** An integration that opens OpenTelemetry spans itself: `@ai-sdk/otel`, or one built on it. */
export interface NativeTelemetry {
  /** Its span of the whole call, while it is open. */
  rootSpan(callId: string): api.Span | undefined;
}

/** What `@ai-sdk/otel` keeps on its objects. */
interface OpenTelemetryIntegration {
  readonly tracer: { readonly startSpan: unknown };
  readonly callStates?: unknown;
  enrichSpan?: ((info: Readonly<Record<string, unknown>>) => unknown) | undefined;
}

/** Attributes for the span that is being opened, by whoever knows in which call that is. */
export type AttributeSource = () => Readonly<Record<string, unknown>>;

/**
 * Looks for integrations that make spans among those that the AI SDK will call: the call's own, else the global ones;
 * none while telemetry is off. They are recognised by what they have, not by class: a tracer, in themselves or one level
 * below (Langfuse and OpenInference wrap `@ai-sdk/otel`). Spans of theirs get our attributes at creation, through their
 * own `enrichSpan`, and no second spans are opened beside them.
 */
export function findNativeTelemetry(
  telemetry: TelemetrySettings | undefined,
  attributes: AttributeSource,
): NativeTelemetry | undefined {
  if (telemetry?.isEnabled === false) return undefined;
  const found = integrationsOf(telemetry).flatMap((integration) => openTelemetryIn(integration));
  if (found.length === 0) return undefined;
  for (const integration of found) enrichAtCreation(integration, attributes);
  return {
    rootSpan: (callId) => {
      for (const { callStates } of found) {
        if (!(callStates instanceof Map)) continue;
        const state = callStates.get(callId) as { readonly rootSpan?: api.Span } | undefined;
        if (state?.rootSpan !== undefined) return state.rootSpan;
      }
      return undefined;
    },
  };
}

function integrationsOf(telemetry: TelemetrySettings | undefined): readonly unknown[] {
  const own = telemetry?.integrations;
  if (own !== undefined && own !== null) return Array.isArray(own) ? own : [own];
  const global = (globalThis as { AI_SDK_TELEMETRY_INTEGRATIONS?: unknown })
    .AI_SDK_TELEMETRY_INTEGRATIONS;
  return Array.isArray(global) ? global : [];
}

function openTelemetryIn(integration: unknown): readonly OpenTelemetryIntegration[] {
  if (typeof integration !== 'object' || integration === null) return [];
  if (hasTracer(integration)) return [integration];
  return Object.values(integration).filter((value) => hasTracer(value));
}

function hasTracer(value: unknown): value is OpenTelemetryIntegration {
  if (typeof value !== 'object' || value === null) return false;
  const tracer = (value as { readonly tracer?: unknown }).tracer;
  return (
    typeof tracer === 'object' &&
    tracer !== null &&
    typeof (tracer as { readonly startSpan?: unknown }).startSpan === 'function'
  );
}

const enriched = new WeakSet<object>();

/** Puts ours before the application's own `enrichSpan`; the integration's attributes win over both. */
function enrichAtCreation(
  integration: OpenTelemetryIntegration,
  attributes: AttributeSource,
): void {
  if (enriched.has(integration)) return;
  enriched.add(integration);
  const own = integration.enrichSpan;
  integration.enrichSpan = (info) => {
    const theirs = own?.call(integration, info);
    return typeof theirs === 'object' ? { ...attributes(), ...theirs } : attributes();
  };
}
