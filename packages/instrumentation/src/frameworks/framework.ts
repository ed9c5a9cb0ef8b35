import type { FrameworkTarget } from '../load-hook/target.ts';
import type { Runtime } from '../runtime.ts';

/** Any function of a framework; its adapter knows more. */
export type AnyFunction = (this: unknown, ...args: never[]) => unknown;

/** A framework: what to hook, and what to put around it. */
export interface Framework {
  readonly target: FrameworkTarget;
  /** The wrapped form of one function of the target, or undefined to leave it alone. May throw: it is then left alone. */
  wrap(runtime: Runtime, symbol: string, original: AnyFunction): AnyFunction | undefined;
}
