import type { WrapSite } from '../../load-hook/target.ts';
import type { Runtime } from '../../runtime.ts';
import type { AnyFunction, Framework } from '../framework.ts';
import { wrapRunAsync, wrapTraceAgent } from './agent.ts';
import { wrapSecurity } from './security-plugin.ts';
import { wrapCallTool, wrapGetTool } from './tool.ts';

const WRAPS: ReadonlyMap<string, (runtime: Runtime, original: AnyFunction) => AnyFunction> =
  new Map([
    ['callToolAsync', wrapCallTool],
    ['getToolAndContext', wrapGetTool],
    ['traceAgentInvocation', wrapTraceAgent],
    ['BaseAgent.prototype.runAsync', wrapRunAsync],
    ['SecurityPlugin.prototype.beforeToolCallback', wrapSecurity],
  ]);

/** Google's Agent Development Kit; the classes of 2 have an underscore before their names. */
export const googleAdk: Framework = Object.freeze({
  wrap: (runtime: Runtime, site: WrapSite, original: AnyFunction): AnyFunction | undefined =>
    WRAPS.get(site.symbol.replace(/^_/, ''))?.(runtime, original),
});
