import { fieldsOf } from './types.ts';

/** A value of Mastra's `RequestContext`. */
export function fromContext(requestContext: unknown, key: string): unknown {
  const { get } = fieldsOf(requestContext);
  return typeof get === 'function'
    ? (Reflect.apply(get, requestContext, [key]) as unknown)
    : undefined;
}
