import { describe, expect, test } from 'vitest';

import {
  deferred,
  isApiPromise,
  receivedBy,
  watched,
  type ApiPromise,
  type Watch,
} from './api-promise.ts';

/** As the SDK has it: the response is read when somebody asks. */
class FakePromise extends Promise<unknown> {
  responsePromise: Promise<unknown>;
  readonly #read: (response: unknown) => unknown;

  constructor(response: Promise<unknown>, read: (response: unknown) => unknown) {
    super((resolve) => resolve(undefined));
    this.responsePromise = response;
    this.#read = read;
  }

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  parse(): Promise<unknown> {
    return this.responsePromise.then(this.#read);
  }

  // oxlint-disable-next-line unicorn/no-thenable -- as in the SDK
  override then<A, B>(
    fulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.parse().then(fulfilled, rejected);
  }

  _thenUnwrap(transform: (data: unknown) => unknown): FakePromise {
    return new FakePromise(this.responsePromise, async (response) =>
      transform(await this.#read(response)),
    );
  }

  asResponse(): Promise<unknown> {
    return this.responsePromise;
  }
}

function fake(response: Promise<unknown>): { readonly promise: ApiPromise; reads: () => number } {
  let reads = 0;
  const promise = new FakePromise(response, (body) => {
    reads += 1;
    return body;
  });
  return { promise, reads: () => reads };
}

function watch(): { readonly seen: unknown[]; readonly watch: Watch } {
  const seen: unknown[] = [];
  return {
    seen,
    watch: {
      received: (data) => {
        seen.push(['received', data]);
        return `${String(data)}!`;
      },
      failed: (error) => {
        seen.push(['failed', error]);
        return new Error('instead');
      },
      raw: () => seen.push(['raw']),
    },
  };
}

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a promise of the SDK that is watched', () => {
  test('gives what the watcher makes of the answer', async () => {
    const { seen, watch: own } = watch();
    expect(await watched(fake(Promise.resolve('a')).promise, own)).toBe('a!');
    expect(seen).toEqual([['received', 'a']]);
  });

  test('stays as lazy as it was, and tells when the response is read past it', async () => {
    const { seen, watch: own } = watch();
    const { promise, reads } = fake(Promise.resolve('a'));
    expect(await watched(promise, own).asResponse?.()).toBe('a');
    await later();
    expect(reads()).toBe(0);
    expect(seen).toEqual([['raw']]);
  });

  test('rejects with what the watcher says, once', async () => {
    const { seen, watch: own } = watch();
    const error = new Error('400');
    const promise = watched(fake(Promise.reject(error)).promise, own);
    await expect(promise).rejects.toThrow('instead');
    expect(seen).toEqual([['failed', error]]);
  });
});

describe('a promise of the SDK that is made later', () => {
  test('is read by await, unwraps, and gives its response', async () => {
    const { promise, reads } = fake(Promise.resolve('a'));
    const made = deferred(Promise.resolve({ inner: promise }));
    expect(await made.asResponse?.()).toBe('a');
    expect(reads()).toBe(0);
    expect(await made).toBe('a');
    expect(await made._thenUnwrap((data) => `${String(data)}?`)).toBe('a?');
  });

  test('rejects where it could not be made, also through catch', async () => {
    const made = deferred(Promise.reject(new Error('stopped')));
    await expect(made).rejects.toThrow('stopped');
    expect(await made.catch((error: Error) => error.message)).toBe('stopped');
  });
});

test('only what can be unwrapped is taken for one', () => {
  expect(isApiPromise(fake(Promise.resolve(1)).promise)).toBe(true);
  for (const value of [Promise.resolve(1), undefined, {}, { _thenUnwrap: () => 1 }]) {
    expect(isApiPromise(value)).toBe(false);
  }
});

test('what a message thread asks a request for is there too, where the request waits', async () => {
  const inner = { _responseProps: () => Promise.resolve('props') } as unknown as ApiPromise;
  const waiting = deferred(Promise.resolve({ inner }));
  expect(await waiting._responseProps?.()).toBe('props');
});

test('a response that a helper takes unread is seen where it is read, once', async () => {
  const { seen, watch: watching } = watch();
  const response = { status: 200 };
  const { promise, reads } = fake(Promise.resolve(response));
  const inner = Object.assign(promise, { _responseProps: () => promise.responsePromise });
  const props = await watched(inner, watching)._responseProps?.();
  expect(props).toBe(response);
  await new Promise((resolve) => setImmediate(resolve));
  expect(reads()).toBe(0);
  expect(seen).toEqual([]);
  expect(receivedBy(props, 'stream')).toBe('stream!');
  expect(receivedBy(props, 'stream')).toBe('stream');
  expect(receivedBy(undefined, 'other')).toBe('other');
  expect(seen).toEqual([['received', 'stream']]);
});
