import type { TelemetryValue } from './telemetry.ts';

/** Deepest list or map inside an attribute that is kept, as the protobuf libraries' own limits allow (100). */
export const MAX_VALUE_DEPTH = 64;

/** The warning for values cut at {@link MAX_VALUE_DEPTH}. */
export const TOO_DEEP = `values nested deeper than ${MAX_VALUE_DEPTH} levels were replaced by null`;

/** A structured value: without a prototype, since its keys come from strangers (`__proto__`, `constructor`). */
export function valueRecord(): { [key: string]: TelemetryValue } {
  return Object.create(null) as { [key: string]: TelemetryValue };
}
