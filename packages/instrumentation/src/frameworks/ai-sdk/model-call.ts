import { GenAi } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import type { Runtime } from '../../runtime.ts';
import {
  chatMeasured,
  endChatSpan,
  failChatSpan,
  startChatSpan,
  type ChatMeasured,
  type ChatResponse,
} from '../../spans/chat-span.ts';
import { errorType } from '../../spans/error-type.ts';
import { measureModelCall } from '../../spans/metrics.ts';
import { addContent } from '../../spans/add-content.ts';
import { contentJson, messagesJson } from '../../spans/content.ts';
import { scopeAttributes } from '../../spans/identity-attributes.ts';
import type { Scope } from '../../spans/scope.ts';
import {
  finishReason,
  inputMessages,
  outputMessages,
  systemInstructions,
  toolDefinitions,
} from './messages.ts';
import { providerName } from './provider-name.ts';
import type { ModelCallEndEvent, ModelCallStartEvent } from './types.ts';

/** One call of the model, its retries included, as a `chat` span. */
export interface ModelCall {
  /** Undefined where the span is the application's own telemetry's, which sees to that. */
  readonly context: api.Context | undefined;
  end(event: ModelCallEndEvent): void;
  fail(error: unknown): void;
  /** A next call began and this one never ended, as when a stream is retried. */
  abandon(): void;
}

/** What a model call belongs to. */
export interface ModelCallPlace {
  readonly scope: Scope;
  readonly parent: api.Context;
  readonly event: ModelCallStartEvent;
}

/** Opens the span. */
export function createModelCall(runtime: Runtime, place: ModelCallPlace): ModelCall {
  const { event, scope, parent } = place;
  const span = startChatSpan(
    {
      ...requestOf(event),
      attributes: {
        ...scopeAttributes(scope, runtime.instance),
        'gen_ai.request.max_tokens': event.maxOutputTokens,
        'gen_ai.request.temperature': event.temperature,
        'gen_ai.request.top_p': event.topP,
        'gen_ai.request.top_k': event.topK,
      },
    },
    parent,
  );
  const captures = (): boolean => runtime.settings.captureContent && span.isRecording();
  if (captures()) addRequestContent(span, event);
  let isOpen = true;
  const close = (action: () => void): void => {
    if (!isOpen) return;
    isOpen = false;
    action();
  };
  return {
    context: api.trace.setSpan(parent, span),
    end: (ended) =>
      close(() => {
        if (captures()) addResponseContent(span, ended);
        endChatSpan(span, responseOf(ended));
      }),
    fail: (error) => close(() => failChatSpan(span, error)),
    abandon: () => close(() => span.end()),
  };
}

/** One call of the model whose span is that of the application's own telemetry: it is measured, which nobody else does. */
export function createMeasuredCall(
  { diagnostics }: Runtime,
  { event }: Pick<ModelCallPlace, 'event'>,
): ModelCall {
  const startedAtMillis = performance.now();
  let isOpen = true;
  const close = (end: () => ChatMeasured): void => {
    if (!isOpen) return;
    isOpen = false;
    const measure = (): void =>
      measureModelCall({ ...requestOf(event), startedAtMillis, ...end() });
    diagnostics.protect('ai_sdk.measure', measure, undefined);
  };
  return {
    context: undefined,
    end: (ended) => close(() => chatMeasured(responseOf(ended))),
    fail: (error) => close(() => ({ errorType: errorType(error) })),
    abandon: () => {
      isOpen = false;
    },
  };
}

function requestOf(event: ModelCallStartEvent): { provider: string | undefined; model: string } {
  const { provider, modelId } = event;
  return {
    provider: provider === undefined ? undefined : providerName(provider),
    model: modelId ?? 'unknown',
  };
}

function responseOf(ended: ModelCallEndEvent): ChatResponse {
  return {
    model: ended.modelId,
    id: ended.responseId,
    finishReason: finishReasonOf(ended),
    inputTokens: ended.usage?.inputTokens,
    outputTokens: ended.usage?.outputTokens,
    cacheReadTokens: ended.usage?.inputTokenDetails?.cacheReadTokens,
    reasoningTokens: ended.usage?.outputTokenDetails?.reasoningTokens,
    url: ended.request?.url,
  };
}

function finishReasonOf(event: ModelCallEndEvent): string | undefined {
  return event.finishReason === undefined ? undefined : finishReason(event.finishReason);
}

function addRequestContent(span: api.Span, event: ModelCallStartEvent): void {
  if (event.instructions !== undefined) {
    addContent(
      span,
      GenAi.SYSTEM_INSTRUCTIONS,
      contentJson(systemInstructions(event.instructions)),
    );
  }
  if (event.messages !== undefined) {
    addContent(span, GenAi.INPUT_MESSAGES, messagesJson(inputMessages(event.messages)));
  }
  if (event.tools !== undefined) {
    addContent(span, GenAi.TOOL_DEFINITIONS, contentJson(toolDefinitions(event.tools)));
  }
}

function addResponseContent(span: api.Span, event: ModelCallEndEvent): void {
  if (event.content === undefined) return;
  const messages = outputMessages(event.content, event.finishReason);
  addContent(span, GenAi.OUTPUT_MESSAGES, messagesJson(messages));
}
