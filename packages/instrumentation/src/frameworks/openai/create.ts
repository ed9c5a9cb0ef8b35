import { GenAi } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { beginModelCall, type ModelCall } from '../../model/model-call.ts';
import type { Runtime } from '../../runtime.ts';
import { addContent } from '../../spans/add-content.ts';
import { messagesJson } from '../../spans/content.ts';
import type { AnyFunction } from '../framework.ts';
import { deferred, isApiPromise, watched, type ApiPromise } from './api-promise.ts';
import type { Delivered, Endpoint } from './endpoint.ts';
import { fieldsOf, text, type Fields } from './fields.ts';

/** A resource of the SDK's client. */
interface Resource {
  readonly _client?: {
    readonly baseURL?: unknown;
    readonly constructor?: { readonly name?: string };
  };
}

type Create = (this: unknown, body: unknown, options: unknown, ...rest: unknown[]) => unknown;

/** Wraps `create` of an endpoint: the boundary at which a model is asked and answers. */
export function wrapCreate(
  runtime: Runtime,
  original: AnyFunction,
  endpoint: Endpoint,
): AnyFunction {
  const create = original as Create;
  return function (this: unknown, body: unknown, options: unknown, ...rest: unknown[]) {
    const begun = runtime.diagnostics.protect(
      'openai.begin',
      () => OpenRequest.begin(runtime, { endpoint, resource: this as Resource, body, options }),
      undefined,
    );
    if (begun === undefined) return create.call(this, body, options, ...rest);
    return begun.send((changed, withSignal) => create.call(this, changed, withSignal, ...rest));
  };
}

interface RequestOptions {
  readonly endpoint: Endpoint;
  readonly resource: Resource;
  readonly body: unknown;
  readonly options: unknown;
}

type Send = (body: Fields, options: unknown) => unknown;

/** One request, from before it is sent to the end of its answer. */
class OpenRequest {
  readonly #runtime: Runtime;
  readonly #given: RequestOptions;
  readonly #body: Fields;
  readonly #call: ModelCall;
  readonly #url: string | undefined;

  constructor(runtime: Runtime, given: RequestOptions, body: Fields) {
    this.#runtime = runtime;
    this.#given = given;
    this.#body = body;
    const { endpoint, resource, options } = given;
    this.#url = text(resource._client?.baseURL);
    this.#call = beginModelCall(runtime, {
      provider: endpoint.provider ?? providerOf(resource),
      model: text(body['model']) ?? 'unknown',
      attributes: () => endpoint.attributes(body),
      conversationId: endpoint.conversationId(body),
      signal: signalOf(options),
      tools: () => endpoint.tools(body),
      nativeSpan: endpoint.nativeSpan?.(resource),
      results: runtime.proposals.size === 0 ? [] : endpoint.results(body),
    });
  }

  static begin(runtime: Runtime, given: RequestOptions): OpenRequest | undefined {
    const { body } = given;
    if (typeof body !== 'object' || body === null) return undefined;
    return new OpenRequest(runtime, given, body as Fields);
  }

  send(create: Send): unknown {
    let ready: Promise<Delivered> | undefined;
    try {
      ready = this.#call.prepare();
    } catch (error) {
      return deferred(Promise.reject(this.#fail(error)));
    }
    if (ready === undefined) return this.#sendNow(create, undefined);
    return deferred(
      ready.then(
        (delivered) => ({ inner: this.#sendNow(create, delivered) as ApiPromise }),
        (error: unknown) => {
          throw this.#fail(error);
        },
      ),
    );
  }

  #sendNow(create: Send, delivered: Delivered | undefined): unknown {
    const { endpoint, options } = this.#given;
    const { diagnostics } = this.#runtime;
    const body = diagnostics.protect(
      'openai.request',
      () => {
        const offered = endpoint.withoutRevoked(this.#body, this.#call);
        return delivered === undefined ? offered : endpoint.withResults(offered, delivered);
      },
      this.#body,
    );
    const { context, signal } = this.#call;
    diagnostics.protect('openai.content', () => this.#addInput(body), undefined);
    const send = (): unknown => create(body, withSignal(options, signal));
    const sent = api.context.with(context, () => endpoint.around?.(this.#call, send) ?? send());
    if (!isApiPromise(sent)) return sent;
    return watched(sent, {
      received: (data) => this.#received(data),
      failed: (error) => this.#fail(error),
      raw: () => this.#raw(),
    });
  }

  #fail(error: unknown): Error {
    return this.#call.fail(error) as Error;
  }

  #raw(): void {
    this.#runtime.diagnostics.count('openai.raw_response');
    this.#call.end({ ...UNKNOWN, url: this.#url });
  }

  #received(data: unknown): unknown {
    if (isStream(data)) {
      replaceParts(data, (parts) => this.#streamed(parts));
      return data;
    }
    const answer = fieldsOf(data);
    // Before it is rewritten: what the model said.
    this.#end(answer);
    const settled = this.#settle(answer);
    return settled === undefined ? data : settled.then(() => data);
  }

  /** Where something in force may refuse a call, an answer that cannot be judged does not reach the application. */
  #settle(answer: Fields): Promise<void> | undefined {
    const { endpoint } = this.#given;
    const settle = (): Promise<void> | undefined =>
      endpoint.settle(this.#call, answer) ?? undefined;
    if (this.#call.mayRefuse()) return settle();
    return this.#runtime.diagnostics.protect('openai.settle', settle, undefined);
  }

  #end(answer: Fields): void {
    const { endpoint } = this.#given;
    this.#runtime.diagnostics.protect(
      'openai.response',
      () => {
        const span = this.#call.contentSpan();
        if (span !== undefined) {
          addContent(span, GenAi.OUTPUT_MESSAGES, messagesJson(endpoint.outputMessages(answer)));
        }
        this.#call.end({ ...endpoint.response(answer), url: this.#url });
      },
      undefined,
    );
  }

  async *#streamed(parts: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    let isDone = false;
    try {
      const answer = yield* this.#given.endpoint.stream(this.#call, parts);
      isDone = true;
      // The SDK ends a stream that was aborted as if it were over.
      const stopped = this.#call.stopped();
      if (stopped !== undefined) throw stopped;
      this.#end(answer ?? {});
    } catch (error) {
      isDone = true;
      throw this.#fail(error);
    } finally {
      if (!isDone) this.#end({});
    }
  }

  #addInput(body: Fields): void {
    const span = this.#call.contentSpan();
    if (span === undefined) return;
    addContent(span, GenAi.INPUT_MESSAGES, messagesJson(this.#given.endpoint.inputMessages(body)));
  }
}

const UNKNOWN = Object.freeze({
  model: undefined,
  id: undefined,
  finishReason: undefined,
  inputTokens: undefined,
  outputTokens: undefined,
  cacheReadTokens: undefined,
  reasoningTokens: undefined,
});

/** A stream of the SDK: its own object, made for this answer. */
interface Stream extends AsyncIterable<unknown> {
  /** Since 4.18 or so: what its iterator and its branches are made of. */
  iterator?: () => AsyncIterator<unknown>;
  readonly controller: unknown;
}

function isStream(data: unknown): data is Stream {
  return (
    typeof data === 'object' &&
    data !== null &&
    Symbol.asyncIterator in data &&
    'controller' in data
  );
}

/** The same stream, of other parts. */
function replaceParts(
  stream: Stream,
  replace: (parts: AsyncIterable<unknown>) => AsyncIterator<unknown>,
): void {
  const { iterator } = stream;
  const own = iterator ?? stream[Symbol.asyncIterator];
  const parts = { [Symbol.asyncIterator]: () => Reflect.apply(own, stream, []) };
  const replaced = (): AsyncIterator<unknown> => replace(parts);
  if (typeof iterator === 'function') stream.iterator = replaced;
  else Object.defineProperty(stream, Symbol.asyncIterator, { value: replaced });
}

/** `AzureOpenAI` is a class of its own. */
function providerOf({ _client }: Resource): string {
  return _client?.constructor?.name === 'AzureOpenAI' ? 'azure.ai.openai' : 'openai';
}

function signalOf(options: unknown): AbortSignal | undefined {
  const { signal } = fieldsOf(options);
  return signal instanceof AbortSignal ? signal : undefined;
}

/** Since 7 the options may be promised. */
function withSignal(options: unknown, signal: AbortSignal | undefined): unknown {
  if (signal === undefined || signal === signalOf(options)) return options;
  if (options instanceof Promise) {
    return options.then((resolved: unknown) => {
      const own = signalOf(resolved);
      const both = own === undefined ? signal : AbortSignal.any([own, signal]);
      return { ...fieldsOf(resolved), signal: both };
    });
  }
  return { ...fieldsOf(options), signal };
}
