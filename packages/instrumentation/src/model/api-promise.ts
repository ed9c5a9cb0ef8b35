/** What the SDK's `create` gives: a promise that reads the response when somebody asks for it. */
export interface ApiPromise<T = unknown> extends Promise<T> {
  responsePromise: Promise<unknown>;
  _thenUnwrap(transform: (data: T, ...rest: unknown[]) => unknown): ApiPromise;
  asResponse?(): Promise<unknown>;
  _responseProps?(): Promise<unknown>;
  withResponse?(): Promise<unknown>;
}

/** Is it one that can be watched? */
export function isApiPromise(value: unknown): value is ApiPromise {
  return (
    value instanceof Promise &&
    typeof (value as { readonly _thenUnwrap?: unknown })._thenUnwrap === 'function' &&
    'responsePromise' in value
  );
}

/** What is done with an answer. */
export interface Watch {
  /** The answer, read; gives what the application gets. */
  received(data: unknown): unknown;
  /** No answer came; gives what the application gets instead of the error. */
  failed(error: unknown): unknown;
  /** The application reads the response by itself, past the SDK. */
  raw(): void;
}

/** Responses that a helper of the SDK takes unread, to read them by another promise. */
const handedOver = new WeakMap<object, Watch>();

/** The answer, read by a helper that took its response unread; gives what the application gets. */
export function receivedBy(response: unknown, data: unknown): unknown {
  if (typeof response !== 'object' || response === null) return data;
  const watch = handedOver.get(response);
  handedOver.delete(response);
  return watch === undefined ? data : watch.received(data);
}

/** The same promise, with the answer seen on its way. It stays as lazy as it was. */
export function watched(inner: ApiPromise, watch: Watch): ApiPromise {
  const promise = inner._thenUnwrap((data) => watch.received(data));
  let isRead = false;
  promise.responsePromise = inner.responsePromise.then(
    (response) => {
      // Whoever wants it read has asked by now.
      if (!isRead) queueMicrotask(() => isRead || watch.raw());
      return response;
    },
    (error: unknown) => {
      throw watch.failed(error);
    },
  );
  if (inner._responseProps !== undefined) {
    const handOver = async (): Promise<unknown> => {
      isRead = true;
      const response = await promise.responsePromise;
      if (typeof response === 'object' && response !== null) handedOver.set(response, watch);
      return response;
    };
    void Object.defineProperty(promise, '_responseProps', {
      configurable: true,
      writable: true,
      value: handOver,
    });
  }
  const { parse } = promise as unknown as { readonly parse?: () => Promise<unknown> };
  if (typeof parse !== 'function') return promise;
  void Object.defineProperty(promise, 'parse', {
    configurable: true,
    writable: true,
    value: (): Promise<unknown> => {
      isRead = true;
      return Reflect.apply(parse, promise, []);
    },
  });
  return promise;
}

/** Boxed, for a promise that is handed through another would be read. */
export interface Boxed {
  readonly inner: ApiPromise;
}

/** A promise of the SDK that is made later, when something else has been awaited. It is read when it is asked for. */
export function deferred(pending: Promise<Boxed>): ApiPromise {
  return new DeferredPromise(pending) as unknown as ApiPromise;
}

/** A class of its own, as the SDK's is: `await` asks a plain promise past its `then`. */
class DeferredPromise extends Promise<unknown> {
  readonly #pending: Promise<Boxed>;

  constructor(pending: Promise<Boxed>) {
    super(() => undefined);
    this.#pending = pending;
  }

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** Also for `catch` and `finally`, which go through it. */
  // oxlint-disable-next-line unicorn/no-thenable -- a promise, and as lazy as the one that it stands for
  override then<A = unknown, B = never>(
    fulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#pending.then(({ inner }) => inner).then(fulfilled, rejected);
  }

  /** Anthropic's message threads ask for it, since 1.0. */
  async _responseProps(): Promise<unknown> {
    const { inner } = await this.#pending;
    return inner._responseProps?.();
  }

  _thenUnwrap(transform: (data: unknown) => unknown): ApiPromise {
    return deferred(this.#pending.then(({ inner }) => ({ inner: inner._thenUnwrap(transform) })));
  }

  asResponse(): Promise<unknown> {
    return this.#pending.then(({ inner }) => inner.asResponse?.());
  }

  withResponse(): Promise<unknown> {
    return this.#pending.then(({ inner }) => inner.withResponse?.());
  }
}
