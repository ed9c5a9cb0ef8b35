import type { FrameworkTarget, WrapSite } from '../load-hook/target.ts';
import type { Runtime } from '../runtime.ts';

/** Any function of a framework; its adapter knows more. */
export type AnyFunction = (this: unknown, ...args: never[]) => unknown;

/** A framework: what to hook, and what to put around it. */
export interface Framework {
  /** Packages and versions of it; each package belongs to one framework. */
  readonly targets: readonly FrameworkTarget[];
  /** The wrapped form of one function of a target, or undefined to leave it alone. May throw: it is then left alone. */
  wrap(runtime: Runtime, site: WrapSite, original: AnyFunction): AnyFunction | undefined;
}
