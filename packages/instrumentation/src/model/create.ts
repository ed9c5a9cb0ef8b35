import { GenAi } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { beginModelCall, type ModelCall } from './model-call.ts';
import type { Runtime } from '../runtime.ts';
import { addContent } from '../spans/add-content.ts';
import { messagesJson } from '../spans/content.ts';
import type { Scope } from '../spans/scope.ts';
import type { AnyFunction } from '../frameworks/framework.ts';
import { deferred, isApiPromise, watched, type ApiPromise } from './api-promise.ts';
import type { Again, Delivered, Endpoint, Exchange } from './endpoint.ts';
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
      () => {
        if (typeof body !== 'object' || body === null) return undefined;
        const send: Send = (changed, passed) => create.call(this, changed, passed, ...rest);
        const given = { endpoint, resource: this as Resource, options, create: send };
        return new OpenRequest(runtime, given, { body: body as Fields, times: 0 });
      },
      undefined,
    );
    return begun === undefined ? create.call(this, body, options, ...rest) : begun.send();
  };
}

interface RequestOptions {
  readonly endpoint: Endpoint;
  readonly resource: Resource;
  readonly options: unknown;
  readonly create: Send;
}

type Send = (body: Fields, options: unknown) => unknown;

/** What is asked. */
interface Question {
  readonly body: Fields;
  /** How often the model has been asked again by itself. */
  readonly times: number;
  /** Of the question before. */
  readonly scope?: Scope;
  /** What the application has asked, as it was sent, where this one follows on it. */
  readonly asked?: Fields;
}

/** A model that insists is told three times; then the application gets the refusal as its words. */
const MOST_TIMES = 3;

/** One request, from before it is sent to the end of its answer. */
class OpenRequest {
  readonly #runtime: Runtime;
  readonly #given: RequestOptions;
  readonly #question: Question;
  readonly #call: ModelCall;
  readonly #url: string | undefined;
  #sentBody: Fields;
  /** Of the stream that the application has: what ends it ends what follows on it. */
  #streaming: AbortSignal | undefined;

  constructor(runtime: Runtime, given: RequestOptions, question: Question) {
    this.#runtime = runtime;
    this.#given = given;
    this.#question = question;
    const { body, scope } = question;
    this.#sentBody = body;
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
      results: runtime.proposals.isEmpty ? [] : endpoint.results(body),
      scope,
    });
  }

  send(): unknown {
    let ready: Promise<Delivered> | undefined;
    try {
      ready = this.#call.prepare();
    } catch (error) {
      return deferred(this.#refuse(error));
    }
    if (ready === undefined) return this.#sendNow(undefined);
    return deferred(
      ready.then(
        (delivered) => ({ inner: this.#sendNow(delivered) as ApiPromise }),
        (error: unknown) => this.#refuse(error),
      ),
    );
  }

  /** As late as a request could fail: whoever reads a stream of the SDK would miss an error that comes before it listens. */
  async #refuse(error: unknown): Promise<never> {
    const told = this.#fail(error);
    await new Promise<void>((resolve) => void setImmediate(resolve));
    throw told;
  }

  #sendNow(delivered: Delivered | undefined): unknown {
    const { endpoint, options, create } = this.#given;
    const { body: asked } = this.#question;
    const { diagnostics } = this.#runtime;
    const body = diagnostics.protect(
      'openai.request',
      () => {
        const told = delivered === undefined ? asked : endpoint.withResults(asked, delivered);
        return endpoint.offered(told, this.#call);
      },
      asked,
    );
    this.#sentBody = body;
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
      const { signal } = fieldsOf(data.controller);
      this.#streaming = signal instanceof AbortSignal ? signal : undefined;
      replaceParts(data, (parts) => this.#streamed(parts));
      return data;
    }
    const answer = fieldsOf(data);
    // Before it is rewritten: what the model said.
    this.#end(answer);
    const settled = this.#settle(answer);
    const given = (again: Fields | undefined): unknown =>
      again === undefined ? data : this.#ask(again);
    return settled instanceof Promise ? settled.then(given) : given(settled);
  }

  #ask(body: Fields): unknown {
    const { endpoint, options } = this.#given;
    const own = endpoint.optionsAgain === undefined ? options : endpoint.optionsAgain(options);
    const given = { ...this.#given, options: withSignal(own, this.#streaming) };
    const { scope } = this.#call;
    const times = this.#question.times + 1;
    const { asked } = this.#exchange;
    return new OpenRequest(this.#runtime, given, { body, times, scope, asked }).send();
  }

  get #exchange(): Exchange {
    const mayAskAgain = this.#call.judgesTools && this.#question.times < MOST_TIMES;
    const body = this.#sentBody;
    return { call: this.#call, body, asked: this.#question.asked ?? body, mayAskAgain };
  }

  /** Where something in force may refuse a call, an answer that cannot be judged does not reach the application. */
  #settle(answer: Fields): ReturnType<Endpoint['settle']> {
    const { endpoint } = this.#given;
    const settle = (): ReturnType<Endpoint['settle']> => endpoint.settle(this.#exchange, answer);
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
      const { answer, again } = yield* this.#given.endpoint.stream(this.#exchange, parts);
      // The SDK ends a stream that was aborted as if it were over.
      const stopped = this.#call.stopped();
      if (stopped !== undefined) throw stopped;
      this.#end(answer ?? {});
      isDone = true;
      if (again !== undefined) yield* this.#following(again);
    } catch (error) {
      isDone = true;
      throw this.#fail(error);
    } finally {
      if (!isDone) this.#end({});
    }
  }

  /** The answer to the request that was made in between. */
  async *#following({ body, follow }: Again): AsyncGenerator<unknown> {
    const next: unknown = await this.#ask(body);
    if (!isStream(next)) return;
    for await (const part of next) {
      const followed = follow(part);
      if (followed !== undefined) yield followed;
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
  if (options instanceof Promise) return options.then((own: unknown) => withBoth(own, signal));
  return withBoth(options, signal);
}

function withBoth(options: unknown, signal: AbortSignal): unknown {
  const own = signalOf(options);
  const both = own === undefined ? signal : AbortSignal.any([own, signal]);
  return { ...fieldsOf(options), signal: both };
}
