import * as api from '@opentelemetry/api';

/** A framework with a copy of the API that no SDK has registered with has spans that go nowhere. */
export function isRealSpan(span: api.Span | undefined): span is api.Span {
  return span !== undefined && api.isSpanContextValid(span.spanContext());
}
