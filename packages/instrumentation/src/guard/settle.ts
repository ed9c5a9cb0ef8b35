import type { InFlightCall } from './in-flight.ts';
import type { Settled } from './judge.ts';

/** Judges and records; gives what is delivered, or throws. */
export type Settle = (settled: Settled) => unknown;

/** Is it a promise, or what passes for one? */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  );
}

/** Does the tool answer in parts? */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly [Symbol.asyncIterator]?: unknown })[Symbol.asyncIterator] ===
      'function'
  );
}

/** What a promise needs on its way. */
export interface PromiseOptions {
  readonly inFlight: InFlightCall | undefined;
  readonly settle: Settle;
  /** Gets the result of a tool that went on after a containment had stopped its call. */
  readonly onLate: (result: unknown) => void;
}

/**
 * Settles when the promise does, or as soon as a containment stops the call: a tool that ignores its signal must not
 * keep a stopped run waiting. Its late result then reaches nobody. A caller's own abort is the tool's to answer. `then` is
 * called once: what passes for a promise may do its work when it is asked, as query builders do, and each time.
 */
export function settlePromise(
  promise: PromiseLike<unknown>,
  { inFlight, settle, onLate }: PromiseOptions,
): Promise<unknown> {
  if (inFlight === undefined) {
    return Promise.resolve(promise).then(
      (value) => settle({ kind: 'returned', value }),
      (error: unknown) => settle({ kind: 'threw', error }),
    );
  }
  const { signal } = inFlight;
  return new Promise((resolve, reject) => {
    let over = false;
    const finish = (settled: Settled): void => {
      if (over) return;
      over = true;
      signal.removeEventListener('abort', onAbort);
      try {
        resolve(settle(settled));
      } catch (error) {
        // What a tool throws reaches its framework as it is, also when it is no Error.
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors
        reject(error);
      }
    };
    const onAbort = (): void => {
      if (inFlight.stoppedBy() !== undefined) finish({ kind: 'threw', error: signal.reason });
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    promise.then(
      (value) => (over ? onLate(value) : finish({ kind: 'returned', value })),
      // One that failed has no effect that is known.
      (error: unknown) => finish({ kind: 'threw', error }),
    );
  });
}

/** What an answer in parts needs on its way. */
export interface PartsOptions {
  /** Gives each step of the tool the context of its call, which async generators otherwise lose. */
  readonly inside: <R>(action: () => R) => R;
  /** What is passed on of one part; undefined: this part and all that follow are withheld. */
  readonly part: (value: unknown) => { readonly delivered: unknown } | undefined;
  readonly settle: Settle;
  /** Ends the wait for a next part when a containment stops the call. */
  readonly inFlight: InFlightCall | undefined;
}

/** Passes the parts of a tool's answer on and settles with the last one, which frameworks take as the result. */
export async function* settleIterable(
  source: AsyncIterable<unknown>,
  options: PartsOptions,
): AsyncGenerator<unknown> {
  const { inside, part, settle } = options;
  const iterator = inside(() => source[Symbol.asyncIterator]());
  let last: unknown;
  let isOpen = true;
  try {
    for (;;) {
      const step = await nextOf(iterator, options);
      if (step.done === true) break;
      last = step.value;
      const passed = part(last);
      if (passed === undefined) {
        await inside(() => iterator.return?.());
        break;
      }
      yield passed.delivered;
    }
    isOpen = false;
  } catch (error) {
    isOpen = false;
    throw error;
  } finally {
    // The consumer went away: the tool is told, as `for await` would.
    if (isOpen) {
      await inside(() => iterator.return?.());
      settle({ kind: 'returned', value: last });
    }
  }
  settle({ kind: 'returned', value: last });
}

async function nextOf(
  iterator: AsyncIterator<unknown>,
  { inside, settle, inFlight }: PartsOptions,
): Promise<IteratorResult<unknown>> {
  try {
    const next = inside(() => iterator.next());
    return await (inFlight === undefined ? next : untilStopped(next, inFlight));
  } catch (error) {
    if (inFlight?.stoppedBy() !== undefined) letGo(iterator);
    settle({ kind: 'threw', error });
    throw error;
  }
}

/** As the promise, but rejects as soon as a containment stops the call, whether or not the tool heeds its signal. */
function untilStopped<T>(promise: Promise<T>, { signal, stoppedBy }: InFlightCall): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    if (stoppedBy() !== undefined) reject(signal.reason as Error);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return Promise.race([promise, stopped]).finally(() =>
    signal.removeEventListener('abort', onAbort),
  );
}

/** Tells a stopped tool that nobody waits for more; what it makes of that reaches nobody. */
function letGo(iterator: AsyncIterator<unknown>): void {
  const ended: Promise<unknown> = Promise.resolve(iterator.return?.());
  ended.catch(() => undefined);
}
