/** What redaction leaves in place of a secret begins like this, whoever redacted. */
const MARK = '[REDACTED';

/** Thrown when something looks at a value that was not recorded. */
class NotRecordedError extends Error {
  override readonly name = 'NotRecordedError';
}

/** Recorded arguments whose missing values throw when they are looked at, so that no rule decides on a mark. */
export interface VeiledArguments {
  readonly value: unknown;
  /** Whether anything is missing at all. */
  readonly incomplete: boolean;
}

/** Arguments that were not recorded: whatever is asked of them throws. */
export function unknownArguments(): VeiledArguments {
  return { value: new Proxy({}, throwingHandler), incomplete: true };
}

const refuse = (): never => {
  throw new NotRecordedError('the arguments of this call were not recorded');
};
const throwingHandler: ProxyHandler<object> = {
  get: refuse,
  has: refuse,
  ownKeys: refuse,
  getOwnPropertyDescriptor: refuse,
  getPrototypeOf: refuse,
};

/** A copy in which every string that redaction marked throws when it is read. */
export function veilRedacted(value: unknown): VeiledArguments {
  let incomplete = false;
  const veil = (current: unknown): unknown => {
    if (typeof current !== 'object' || current === null) return current;
    const copy: object = Array.isArray(current) ? [] : {};
    for (const [key, child] of Object.entries(current)) {
      const hidden = typeof child === 'string' && child.includes(MARK);
      if (hidden) incomplete = true;
      const held = hidden ? undefined : veil(child);
      Object.defineProperty(
        copy,
        key,
        hidden
          ? { enumerable: true, configurable: true, get: refuse }
          : { enumerable: true, configurable: true, writable: true, value: held },
      );
    }
    return copy;
  };
  const copy = veil(value);
  return { value: copy, incomplete };
}
