import type { TelemetryAttributes, TelemetrySpan, TelemetrySpanEvent } from '../telemetry.ts';
import type { LogView } from './log-view.ts';
import type { CallFacts, Message, SpanRole, TokenUsage } from './span-view.ts';

/** What a reading reads: a span, or a log record put as one. */
export interface Told {
  readonly name: string;
  readonly attributes: TelemetryAttributes;
  readonly events: readonly TelemetrySpanEvent[];
}

/** How a dialect tells of a model call. Each part is asked for on its own, since most are never needed. */
export interface ModelReading {
  requestModel(told: Told): string | undefined;
  responseModel(told: Told): string | undefined;
  provider(told: Told): string | undefined;
  input(told: Told): readonly Message[];
  output(told: Told): readonly Message[];
  usage(told: Told): TokenUsage;
  finishReasons(told: Told): readonly string[];
  toolDefinitions(told: Told): readonly unknown[];
}

/** How a dialect tells of a tool call. */
export interface ToolReading {
  callName(told: Told): string;
  callId(told: Told): string | undefined;
  type(told: Told): string | undefined;
  arguments(told: Told): unknown;
  result(told: Told): unknown;
  exitCode(told: Told): number | undefined;
  facts(told: Told): CallFacts | undefined;
}

/** What many spans have in common: they come with the same keys from the same instrumentation, again and again. */
export interface SpanKind {
  readonly scopeName: string;
  /** Whether they have the attribute. */
  has(key: string): boolean;
}

/** One way of naming things. Functions only: a span is read when somebody asks, part by part. */
export interface Dialect {
  readonly id: string;
  /** Whether spans of the kind speak this dialect; `perhaps` where each has to be asked: {@link matches}. */
  speaks(kind: SpanKind): boolean | 'perhaps';
  /** Asked of each span where {@link speaks} says `perhaps`: from its name or a short text. */
  matches?(span: TelemetrySpan): boolean;
  /** From the presence of attributes and short texts alone. */
  roleOf(span: TelemetrySpan): SpanRole;
  agentName(span: TelemetrySpan): string | undefined;
  agentVersion(span: TelemetrySpan): string | undefined;
  conversationId(span: TelemetrySpan): string | undefined;
  userId(span: TelemetrySpan): string | undefined;
  readonly model: ModelReading;
  readonly tool: ToolReading;
  /** What a span of role `other` says of the call around it. Absent where no span of the dialect does. */
  note?(span: TelemetrySpan): LogView | undefined;
}
