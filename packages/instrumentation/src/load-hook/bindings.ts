import type { Diagnostics } from '../diagnostics.ts';
import type { AnyFunction } from '../frameworks/framework.ts';
import type { WrapSite } from './target.ts';

/** What the line that the load hook appends calls. Nothing of it throws, whatever the module looks like. */
export interface Bindings {
  /** The wrapped form; gives `original` back where there is nothing to wrap. */
  wrap(site: WrapSite, original: AnyFunction): AnyFunction;
  /** Puts the wrapped form in the place of a method that the holder has itself. */
  wrapMethod(site: WrapSite, holder: object, key: string): void;
  /** CommonJS: what is exported under this name already becomes the wrapped form. */
  exportAgain(site: WrapSite, exports: object, key: string, wrapped: unknown): void;
  /** A place could not be bound. */
  missed(site: WrapSite): void;
}

/** What they work with. */
export interface BindingsOptions {
  /** Asks the adapter, when the function is first called; undefined: it leaves the function alone. May throw. */
  readonly adapt: (site: WrapSite, original: AnyFunction) => AnyFunction | undefined;
  /** Told of a place that stays as it was. */
  readonly onMissed: (site: WrapSite) => void;
  readonly diagnostics: Diagnostics;
}

/** The bindings of one process. */
export function createBindings(options: BindingsOptions): Bindings {
  const { onMissed, diagnostics } = options;
  const missed = (site: WrapSite): void => {
    diagnostics.protect('load_hook.report_error', () => onMissed(site), undefined);
  };
  const adapt = (site: WrapSite, original: AnyFunction): AnyFunction => {
    const wrapped = diagnostics.protect<AnyFunction | 'failed' | undefined>(
      'load_hook.wrap_error',
      () => options.adapt(site, original),
      'failed',
    );
    if (wrapped === 'failed') missed(site);
    return typeof wrapped === 'function' ? wrapped : original;
  };
  const wrap = (site: WrapSite, original: AnyFunction): AnyFunction =>
    diagnostics.protect(
      'load_hook.wrap_error',
      () => likeOriginal(adaptedWhenCalled(site, original, adapt), original),
      original,
    );
  const orMissed = (site: WrapSite, bind: () => boolean): void => {
    if (!diagnostics.protect('load_hook.bind_error', bind, false)) missed(site);
  };
  return {
    wrap,
    missed,
    wrapMethod: (site, holder, key) =>
      orMissed(site, () => {
        const own: unknown = Reflect.getOwnPropertyDescriptor(holder, key)?.value;
        return typeof own === 'function' && put(holder, key, wrap(site, own as AnyFunction));
      }),
    exportAgain: (site, exports, key, wrapped) =>
      orMissed(site, () => {
        // Not exported under its own name, or by a getter that gives the binding as it is now.
        const present = Reflect.getOwnPropertyDescriptor(exports, key);
        return present === undefined || !('value' in present) || put(exports, key, wrapped);
      }),
  };
}

/** Nothing is known of the wrapped form before the first call: what it takes is loaded then, and not at start. */
function adaptedWhenCalled(
  site: WrapSite,
  original: AnyFunction,
  adapt: (site: WrapSite, original: AnyFunction) => AnyFunction,
): AnyFunction {
  let adapted: AnyFunction | undefined;
  return function (this: unknown, ...args) {
    adapted ??= adapt(site, original);
    return Reflect.apply(adapted, this, args);
  };
}

function likeOriginal(wrapped: AnyFunction, original: AnyFunction): AnyFunction {
  Object.defineProperty(wrapped, 'name', { value: original.name, configurable: true });
  Object.defineProperty(wrapped, 'length', { value: original.length, configurable: true });
  return wrapped;
}

/** Defines rather than assigns: an assignment to a frozen object is silent in sloppy code, and a setter would run. */
function put(holder: object, key: string, value: unknown): boolean {
  const present = Reflect.getOwnPropertyDescriptor(holder, key);
  if (present === undefined || !('value' in present)) return false;
  if (present.value === value) return true;
  return Reflect.defineProperty(holder, key, { ...present, value });
}
