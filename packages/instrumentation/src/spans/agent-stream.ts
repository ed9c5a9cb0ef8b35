import type { OpenAgent } from './open-agent.ts';

/**
 * An asynchronous generator of an agent, each step of which runs in the agent's scope and context: a generator otherwise
 * runs in those of whoever asks for its next value. The invocation ends with it: when it is done, when it throws, and when
 * its consumer returns early, which counts as stopped by the caller.
 *
 * `over` says how a generator that came to its end has ended; by default it has not failed.
 */
export function agentStream<T, R, N>(
  open: OpenAgent,
  source: AsyncIterator<T, R, N>,
  over: () => Parameters<OpenAgent['end']>[0] = () => ({ failed: false }),
): AsyncGenerator<T, R, N> {
  const settle = async (
    step: () => Promise<IteratorResult<T, R>>,
  ): Promise<IteratorResult<T, R>> => {
    let result: IteratorResult<T, R>;
    try {
      result = await open.run(step);
    } catch (error) {
      open.end({ failed: true, error });
      throw open.failure(error);
    }
    if (result.done === true) open.end(over());
    return result;
  };
  const stop = (): void => open.end({ failed: false, aborted: true });
  const stream: AsyncGenerator<T, R, N> = {
    next: (...value) => settle(() => source.next(...value)),
    return: async (value) => {
      const back = source.return?.bind(source);
      const result =
        back === undefined
          ? { done: true as const, value: (await value) as R }
          : await open.run(() => back(value));
      stop();
      return result;
    },
    throw: (error) => {
      const raise = source.throw?.bind(source);
      if (raise !== undefined) return settle(() => raise(error));
      open.end({ failed: true, error });
      throw error;
    },
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]: async () => {
      await stream.return(undefined as R);
    },
  };
  return stream;
}
