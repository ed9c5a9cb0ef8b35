import type { TelemetrySpan } from '../telemetry.ts';
import type { Dialect } from './dialect.ts';
import { viewOf } from './dialect-view.ts';
import { kindOfSpan, type KnownKind } from './kind-of-span.ts';
import type { SpanRole, SpanView } from './span-view.ts';

const UNKNOWN: SpanView = Object.freeze({
  role: 'other',
  dialect: 'unknown',
  agentName: undefined,
  agentVersion: undefined,
  conversationId: undefined,
  userId: undefined,
  model: undefined,
  tool: undefined,
});

/** The first dialect that knows the span. */
export function dialectOf(span: TelemetrySpan, kind: KnownKind): Dialect | undefined {
  for (const { dialect, isPerhaps } of kind.dialects) {
    if (!isPerhaps || dialect.matches?.(span) === true) return dialect;
  }
  return undefined;
}

/** What the span is to a run, from the presence of attributes and short texts; no view is made. */
export function roleOf(span: TelemetrySpan): SpanRole {
  return dialectOf(span, kindOfSpan(span))?.roleOf(span) ?? 'other';
}

/**
 * The span in neutral words, by the first dialect that knows it; a span that none knows is `other`. Only the role is
 * read now, everything else when it is asked for.
 */
export function readSpan(span: TelemetrySpan, kind: KnownKind = kindOfSpan(span)): SpanView {
  const dialect = dialectOf(span, kind);
  return dialect === undefined ? UNKNOWN : viewOf(dialect, span);
}
