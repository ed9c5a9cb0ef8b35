import type { Rejections } from './rejections.ts';

const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;
const ALL_ZEROES = /^0*$/;
const HEXADECIMAL = /^[0-9a-f]*$/;

/** Ids of one span as they came: hexadecimal text of any length, `''` when absent. */
export interface RawSpanIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
}

/** Ids of a span that are fit to build on. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
}

/**
 * The ids of a span, or `undefined` after the span was counted as rejected: OTLP calls ids of another length and
 * ids of zeroes invalid, and one bad span must not cost its neighbours.
 */
export function spanIds(raw: RawSpanIds, rejections: Rejections): SpanIds | undefined {
  if (!isTraceId(raw.traceId)) {
    rejections.reject(`a trace id must be 16 bytes and not all zero${found(raw.traceId)}`);
    return undefined;
  }
  if (!isSpanId(raw.spanId)) {
    rejections.reject(`a span id must be 8 bytes and not all zero${found(raw.spanId)}`);
    return undefined;
  }
  if (ALL_ZEROES.test(raw.parentSpanId)) return { ...raw, parentSpanId: undefined };
  if (!isSpanId(raw.parentSpanId)) {
    rejections.reject(`a parent span id must be 8 bytes or absent${found(raw.parentSpanId)}`);
    return undefined;
  }
  return raw;
}

/** The link, or `undefined` after a warning: the span is worth more than its link. */
export function spanLink(
  traceId: string,
  spanId: string,
  rejections: Rejections,
): { readonly traceId: string; readonly spanId: string } | undefined {
  if (isTraceId(traceId) && isSpanId(spanId)) return { traceId, spanId };
  rejections.warn('links with an invalid trace or span id were left out');
  return undefined;
}

/** The trace of a log record. By OTLP an invalid id means "in no trace", and the record is kept. */
export function logTraceId(hex: string): string | undefined {
  return isTraceId(hex) ? hex : undefined;
}

/** The span of a log record; as {@link logTraceId}. */
export function logSpanId(hex: string): string | undefined {
  return isSpanId(hex) ? hex : undefined;
}

function isTraceId(hex: string): boolean {
  return hex.length === TRACE_ID_DIGITS && HEXADECIMAL.test(hex) && !ALL_ZEROES.test(hex);
}

function isSpanId(hex: string): boolean {
  return hex.length === SPAN_ID_DIGITS && HEXADECIMAL.test(hex) && !ALL_ZEROES.test(hex);
}

/** The length only: the id itself is a stranger's text. */
function found(hex: string): string {
  if (!HEXADECIMAL.test(hex)) return ' (found neither hexadecimal nor base64 of that length)';
  const bytes = hex.length / 2;
  return ALL_ZEROES.test(hex) && bytes > 0 ? ' (found zeroes)' : ` (found ${bytes} bytes)`;
}
