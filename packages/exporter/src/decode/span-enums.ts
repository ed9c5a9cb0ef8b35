import type { StatusCode } from './telemetry.ts';

/** OTLP `SpanKind` by its name in protobuf, for senders that write enums as names. */
export const SPAN_KINDS: ReadonlyMap<string, number> = new Map([
  ['SPAN_KIND_UNSPECIFIED', 0],
  ['SPAN_KIND_INTERNAL', 1],
  ['SPAN_KIND_SERVER', 2],
  ['SPAN_KIND_CLIENT', 3],
  ['SPAN_KIND_PRODUCER', 4],
  ['SPAN_KIND_CONSUMER', 5],
]);

/** OTLP `Status.StatusCode` by its name in protobuf. */
export const STATUS_CODES: ReadonlyMap<string, number> = new Map([
  ['STATUS_CODE_UNSET', 0],
  ['STATUS_CODE_OK', 1],
  ['STATUS_CODE_ERROR', 2],
]);

/** A span kind of a later OTLP version is "unspecified" to us. */
export function spanKind(value: number): number {
  return value >= 0 && value <= 5 ? value : 0;
}

/** A status code of a later OTLP version is "unset" to us. */
export function statusCode(value: number): StatusCode {
  return value === 1 || value === 2 ? value : 0;
}
