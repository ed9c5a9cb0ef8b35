/**
 * What the decoders give and everything after them takes: OTLP's own model, with ids as lower-case hexadecimal,
 * times as decimal strings of nanoseconds and 64-bit integers that a double cannot hold as `bigint`.
 */

/** A value of an attribute, a body or a field of a structured value. Bytes are base64 text behind `{ bytes }`. */
export type TelemetryValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly TelemetryValue[]
  | { readonly [key: string]: TelemetryValue };

/** Attributes by key. A `Map`, since keys come from strangers. The last of equal keys wins. */
export type TelemetryAttributes = ReadonlyMap<string, TelemetryValue>;

export interface TelemetryResource {
  readonly attributes: TelemetryAttributes;
}

export interface TelemetryScope {
  readonly name: string;
  readonly version: string;
}

export interface TelemetrySpanEvent {
  readonly name: string;
  readonly timeUnixNano: string;
  readonly attributes: TelemetryAttributes;
}

/** OTLP `Status.code`: 0 unset, 1 ok, 2 error. */
export type StatusCode = 0 | 1 | 2;

export interface TelemetrySpan {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** 16 hexadecimal digits; absent for a root span. */
  readonly parentSpanId: string | undefined;
  readonly traceState: string;
  readonly name: string;
  /** OTLP `SpanKind`: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: TelemetryAttributes;
  readonly events: readonly TelemetrySpanEvent[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code: StatusCode; readonly message: string };
  readonly resource: TelemetryResource;
  readonly scope: TelemetryScope;
}

export interface TelemetryLog {
  /** 32 hexadecimal digits, or absent where the record stands in no trace. */
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly eventName: string;
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber: number;
  readonly body: TelemetryValue;
  readonly attributes: TelemetryAttributes;
  readonly resource: TelemetryResource;
  readonly scope: TelemetryScope;
}

/** One decoded request. `rejected` counts what was refused (for example a trace id of the wrong length), with why. */
export interface DecodedTraces {
  readonly spans: readonly TelemetrySpan[];
  readonly rejected: { readonly count: number; readonly reasons: readonly string[] };
}

export interface DecodedLogs {
  readonly logs: readonly TelemetryLog[];
  readonly rejected: { readonly count: number; readonly reasons: readonly string[] };
}
