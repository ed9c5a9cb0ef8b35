import type { TelemetrySpan } from '../telemetry.ts';
import { anyAgent } from './any-agent.ts';
import { openInference } from './openinference.ts';
import { otelGenAi } from './otel-genai.ts';
import type { Dialect, SpanView } from './span-view.ts';

/** Most particular first: any-agent speaks OpenTelemetry's names with a few of its own. */
const DIALECTS: readonly Dialect[] = [openInference, anyAgent, otelGenAi];

const UNKNOWN: SpanView = {
  role: 'other',
  dialect: 'unknown',
  agentName: undefined,
  agentVersion: undefined,
  conversationId: undefined,
  userId: undefined,
  model: undefined,
  tool: undefined,
};

/** The span in neutral words, by the first dialect that knows it; a span that none knows is `other`. */
export function readSpan(span: TelemetrySpan): SpanView {
  return DIALECTS.find((dialect) => dialect.matches(span))?.read(span) ?? UNKNOWN;
}
