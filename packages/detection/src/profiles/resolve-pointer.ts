import { read } from '../read.ts';

const MAX_STEPS = 16;

/** The value at a JSON pointer (RFC 6901); `undefined` where there is none. */
export function resolvePointer(value: unknown, pointer: string): unknown {
  if (pointer === '') return value;
  let found = value;
  for (const step of pointer.split('/').slice(1, MAX_STEPS + 1)) {
    found = read(found, step.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  return found;
}
