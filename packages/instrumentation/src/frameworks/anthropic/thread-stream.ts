import { isApiPromise, receivedBy } from '../../model/api-promise.ts';
import type { AnyFunction } from '../framework.ts';

type Create = (...args: unknown[]) => unknown;
type Start = (this: unknown, create: Create, ...rest: unknown[]) => unknown;

/**
 * Wraps `BetaMessageStream.prototype._start`: the stream of a message thread takes the response unread, past the boundary, and
 * reads it by a promise of its own.
 */
export function wrapStreamStart(original: AnyFunction): AnyFunction {
  const start = original as Start;
  return function _start(this: unknown, create: Create, ...rest: unknown[]) {
    const watched = (...args: unknown[]): unknown => {
      const made = create(...args);
      if (!isApiPromise(made)) return made;
      return made._thenUnwrap((data, response) => receivedBy(response, data));
    };
    return start.call(this, watched, ...rest);
  };
}
