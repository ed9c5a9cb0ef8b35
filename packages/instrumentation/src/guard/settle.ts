import type { InFlightCall } from './in-flight.ts';
import type { Settled } from './judge.ts';

/** A call that comes to its end. */
export interface Settling {
  /** Judges and records; gives what is delivered, or throws what the framework gets instead. */
  settle(settled: Settled): unknown;
  /** Gets the result of a tool that went on after a containment had stopped its call. */
  late(result: unknown): void;
  /** What is passed on of one part of an answer; undefined: this part and all that follow are withheld. */
  passOn(part: unknown): { readonly delivered: unknown } | undefined;
}

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

/**
 * Settles when the promise does, or as soon as a containment stops the call: a tool that ignores its signal must not
 * keep a stopped run waiting. Its late result then reaches nobody. A caller's own abort is the tool's to answer. `then` is
 * called once: what passes for a promise may do its work when it is asked, as query builders do, and each time.
 */
export function settlePromise(
  promise: PromiseLike<unknown>,
  call: Settling,
  inFlight: InFlightCall | undefined,
): Promise<unknown> {
  if (inFlight === undefined) {
    return Promise.resolve(promise).then(
      (value) => call.settle({ kind: 'returned', value }),
      (error: unknown) => call.settle({ kind: 'threw', error }),
    );
  }
  return new Promise((resolve, reject) => {
    let over = false;
    const finish = (settled: Settled): void => {
      if (over) return;
      over = true;
      inFlight.onStop(undefined);
      try {
        resolve(call.settle(settled));
      } catch (error) {
        // What a tool throws reaches its framework as it is, also when it is no Error.
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors
        reject(error);
      }
    };
    const onStop = (): void => finish(STOPPED);
    inFlight.onStop(onStop);
    if (inFlight.stoppedBy() !== undefined) onStop();
    promise.then(
      (value) => (over ? call.late(value) : finish({ kind: 'returned', value })),
      // One that failed has no effect that is known.
      (error: unknown) => finish({ kind: 'threw', error }),
    );
  });
}

/** How a call ends that a containment has stopped: what its tool did is for nobody. */
export const STOPPED: Settled = Object.freeze({ kind: 'threw', error: undefined });

/** What an answer in parts needs on its way. */
export interface PartsOptions {
  /** Gives each step of the tool the context of its call, which async generators otherwise lose. */
  readonly inside: <R>(action: () => R) => R;
  /** Ends the wait for a next part when a containment stops the call. */
  readonly inFlight: InFlightCall | undefined;
}

/** Passes the parts of a tool's answer on and settles with the last one, which frameworks take as the result. */
export async function* settleIterable(
  source: AsyncIterable<unknown>,
  call: Settling,
  options: PartsOptions,
): AsyncGenerator<unknown> {
  const { inside } = options;
  const iterator = inside(() => source[Symbol.asyncIterator]());
  let last: unknown;
  let isOpen = true;
  try {
    for (;;) {
      const step = await nextOf(iterator, call, options);
      if (step.done === true) break;
      last = step.value;
      const passed = call.passOn(last);
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
      call.settle({ kind: 'returned', value: last });
    }
  }
  call.settle({ kind: 'returned', value: last });
}

async function nextOf(
  iterator: AsyncIterator<unknown>,
  call: Settling,
  { inside, inFlight }: PartsOptions,
): Promise<IteratorResult<unknown>> {
  try {
    const next = inside(() => iterator.next());
    return await (inFlight === undefined ? next : untilStopped(next, inFlight));
  } catch (error) {
    if (inFlight?.stoppedBy() !== undefined) letGo(iterator);
    call.settle({ kind: 'threw', error });
    throw error;
  }
}

/** As the promise, but rejects as soon as a containment stops the call, whether or not the tool heeds its signal. */
function untilStopped<T>(promise: Promise<T>, inFlight: InFlightCall): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onStop = (): void => reject(inFlight.signal.reason as Error);
  inFlight.onStop(onStop);
  if (inFlight.stoppedBy() !== undefined) onStop();
  return Promise.race([promise, stopped]).finally(() => inFlight.onStop(undefined));
}

/** Tells a stopped tool that nobody waits for more; what it makes of that reaches nobody. */
function letGo(iterator: AsyncIterator<unknown>): void {
  const ended: Promise<unknown> = Promise.resolve(iterator.return?.());
  ended.catch(() => undefined);
}
