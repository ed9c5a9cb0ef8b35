/** The parts of the AI SDK 5 and 6 that are read here. Everything is optional or checked, as in `../types.ts`. */
import type * as api from '@opentelemetry/api';

import type { Message } from '../types.ts';

/** What `recordSpan` is called with. In 6 the attributes are promised. */
export interface RecordSpanOptions {
  readonly name: string;
  readonly attributes: Attributes | PromiseLike<Attributes>;
  readonly fn: (span: api.Span) => unknown;
}

export type Attributes = Readonly<Record<string, unknown>>;

/** A model of a provider: `LanguageModelV2` in 5, `LanguageModelV3` in 6. */
export interface LanguageModel {
  readonly provider?: string;
  readonly modelId?: string;
  readonly doGenerate?: (options: ModelOptions) => PromiseLike<GenerateResult>;
  readonly doStream?: (options: ModelOptions) => PromiseLike<StreamResult>;
}

/** What a model is called with. */
export interface ModelOptions {
  readonly prompt?: readonly Message[];
  readonly tools?: readonly Message[];
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
}

export interface GenerateResult {
  readonly content?: readonly Message[];
  readonly finishReason?: unknown;
  readonly usage?: unknown;
  readonly response?: { readonly id?: string; readonly modelId?: string };
}

export interface StreamResult {
  readonly stream: ReadableStream<StreamPart>;
}

/** One part of a model's stream. */
export type StreamPart = Message;

/** What `parseToolCall` is called with, and what it gives. */
export interface ParseOptions {
  readonly toolCall?: Message;
  readonly tools?: Readonly<Record<string, object>> | null;
}
