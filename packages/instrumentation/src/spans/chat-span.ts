import { Core, GenAi, Operation } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { errorType } from './error-type.ts';
import { measureModelCall, type ModelCallMeasured } from './metrics.ts';
import { tracer, withoutUndefined } from './telemetry.ts';

/** What is known of a model call before it is made. */
export interface ChatRequest {
  /** `gen_ai.provider.name`. */
  readonly provider: string | undefined;
  readonly model: string;
  /** Run, agent, settings. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Opens `chat {model}` under `parent`. */
export function startChatSpan(request: ChatRequest, parent: api.Context): api.Span {
  const attributes = {
    [GenAi.OPERATION_NAME]: Operation.CHAT,
    [GenAi.PROVIDER_NAME]: request.provider,
    [GenAi.REQUEST_MODEL]: request.model,
    ...request.attributes,
  };
  const span = tracer().startSpan(
    `${Operation.CHAT} ${request.model}`,
    { kind: api.SpanKind.CLIENT, attributes: withoutUndefined(attributes) },
    parent,
  );
  const { provider, model } = request;
  STARTED.set(span, { provider, model, startedAtMillis: performance.now() });
  return span;
}

/** What the metrics say of a call that is under way. */
const STARTED = new WeakMap<api.Span, ModelCallMeasured>();

/** What a model call gave. Tokens as the provider counted them. */
export interface ChatResponse {
  readonly model: string | undefined;
  readonly id: string | undefined;
  readonly finishReason: string | undefined;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly cacheReadTokens: number | undefined;
  readonly reasoningTokens: number | undefined;
  /** Address that was called. */
  readonly url: string | undefined;
}

/** What the metrics say of the end of a call. */
export type ChatMeasured = Omit<ModelCallMeasured, 'provider' | 'model' | 'startedAtMillis'>;

/** What the metrics say of an answer. */
export function chatMeasured(response: ChatResponse): ChatMeasured {
  return {
    responseModel: response.model,
    inputTokens: response.inputTokens,
    outputTokens: response.outputTokens,
    server: serverAttributes(response.url),
    errorType: response.finishReason === 'error' ? '_OTHER' : undefined,
  };
}

/** Writes the answer's facts on the span and closes it. */
export function endChatSpan(span: api.Span, response: ChatResponse): void {
  const measured = chatMeasured(response);
  span.setAttributes(
    withoutUndefined({
      [GenAi.RESPONSE_MODEL]: response.model,
      [GenAi.RESPONSE_ID]: response.id,
      [GenAi.RESPONSE_FINISH_REASONS]:
        response.finishReason === undefined ? undefined : [response.finishReason],
      [GenAi.USAGE_INPUT_TOKENS]: response.inputTokens,
      [GenAi.USAGE_OUTPUT_TOKENS]: response.outputTokens,
      [GenAi.USAGE_CACHE_READ_INPUT_TOKENS]: response.cacheReadTokens,
      [GenAi.USAGE_REASONING_OUTPUT_TOKENS]: response.reasoningTokens,
      ...measured.server,
    }),
  );
  if (measured.errorType !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR });
  measure(span, measured);
  span.end();
}

/** Closes the span of a model call that failed for good. */
export function failChatSpan(span: api.Span, error: unknown): void {
  const type = errorType(error);
  span.setAttribute(Core.ERROR_TYPE, type);
  span.setStatus({ code: api.SpanStatusCode.ERROR, message: type });
  measure(span, { errorType: type });
  span.end();
}

function measure(span: api.Span, end: ChatMeasured): void {
  const started = STARTED.get(span);
  if (started !== undefined) measureModelCall({ ...started, ...end });
}

function serverAttributes(url: string | undefined): Record<string, unknown> {
  if (url === undefined || !URL.canParse(url)) return {};
  const { hostname, port, protocol } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return {};
  const standard = protocol === 'https:' ? 443 : 80;
  return {
    'server.address': hostname.replace(/^\[|\]$/g, ''),
    'server.port': port === '' ? standard : Number(port),
  };
}
