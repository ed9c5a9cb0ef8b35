import { Core, GenAi, Operation } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { errorType } from './error-type.ts';
import { isMeasured, measureModelCall, type ModelCallMeasured } from './metrics.ts';
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
  const { provider, model } = request;
  const attributes: api.Attributes = {
    [GenAi.OPERATION_NAME]: Operation.CHAT,
    [GenAi.REQUEST_MODEL]: model,
  };
  if (provider !== undefined) attributes[GenAi.PROVIDER_NAME] = provider;
  Object.assign(attributes, withoutUndefined(request.attributes));
  const options = { kind: api.SpanKind.CLIENT, attributes };
  const span = tracer().startSpan(`${Operation.CHAT} ${model}`, options, parent);
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
  if (span.isRecording()) describeAnswer(span, response);
  measure(span, () => chatMeasured(response));
  span.end();
}

function describeAnswer(span: api.Span, response: ChatResponse): void {
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
      ...serverAttributes(response.url),
    }),
  );
  if (response.finishReason === 'error') span.setStatus({ code: api.SpanStatusCode.ERROR });
}

/** Closes the span of a model call that failed for good. */
export function failChatSpan(span: api.Span, error: unknown): void {
  const type = errorType(error);
  span.setAttribute(Core.ERROR_TYPE, type);
  span.setStatus({ code: api.SpanStatusCode.ERROR, message: type });
  measure(span, () => ({ errorType: type }));
  span.end();
}

function measure(span: api.Span, end: () => ChatMeasured): void {
  if (!isMeasured()) return;
  const started = STARTED.get(span);
  if (started !== undefined) measureModelCall({ ...started, ...end() });
}

/** Of the servers that were called: an application has few, and taking an address apart takes longer than all else here. */
const SERVERS = new Map<string, Readonly<Record<string, unknown>>>();
const MOST_SERVERS = 100;

function serverAttributes(url: string | undefined): Readonly<Record<string, unknown>> {
  if (url === undefined) return NO_SERVER;
  const origin = originOf(url);
  const known = SERVERS.get(origin);
  if (known !== undefined) return known;
  const server = Object.freeze(readServer(origin));
  if (SERVERS.size >= MOST_SERVERS) SERVERS.clear();
  SERVERS.set(origin, server);
  return server;
}

/** Without path and query, which differ from call to call and may hold keys. */
function originOf(url: string): string {
  const [origin = ''] = /^[^/?#]*\/\/[^/?#]*/.exec(url) ?? [];
  return origin;
}

const NO_SERVER = Object.freeze({});

function readServer(url: string): Record<string, unknown> {
  if (!URL.canParse(url)) return {};
  const { hostname, port, protocol } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return {};
  const standard = protocol === 'https:' ? 443 : 80;
  return {
    'server.address': hostname.replace(/^\[|\]$/g, ''),
    'server.port': port === '' ? standard : Number(port),
  };
}
