import type { WrapSite } from '../load-hook/target.ts';
import type { Runtime } from '../runtime.ts';

/** Any function of a framework; its adapter knows more. */
export type AnyFunction = (this: unknown, ...args: never[]) => unknown;

/** What to put around the functions of a framework that its targets name. */
export interface Framework {
  /**
   * The wrapped form of one function of a target, or undefined to leave it alone. Asked for when the function is first
   * called. May throw: it is then left alone.
   */
  wrap(runtime: Runtime, site: WrapSite, original: AnyFunction): AnyFunction | undefined;
}
