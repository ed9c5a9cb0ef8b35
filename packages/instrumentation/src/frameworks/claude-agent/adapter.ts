import type { WrapSite } from '../../load-hook/target.ts';
import type { Runtime } from '../../runtime.ts';
import type { AnyFunction, Framework } from '../framework.ts';
import { wrapQuery, wrapWarm } from './query.ts';

/** The Claude Agent SDK. */
export const claudeAgent: Framework = Object.freeze({
  wrap: (runtime: Runtime, site: WrapSite, original: AnyFunction): AnyFunction | undefined => {
    switch (site.symbol) {
      case 'query':
        return wrapQuery(runtime, original);
      case 'startup':
      case 'prewarm':
        return wrapWarm(runtime, original);
      default:
        return undefined;
    }
  },
});
