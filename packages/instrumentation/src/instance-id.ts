import { boot } from './boot.ts';

/** `aftertrace.instance.id`: a random id of this process, on everything that it records. */
export function instanceId(): string {
  return boot().instance();
}
