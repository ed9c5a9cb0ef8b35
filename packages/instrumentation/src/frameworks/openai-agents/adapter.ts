import type { WrapSite } from '../../load-hook/target.ts';
import type { Runtime } from '../../runtime.ts';
import type { AnyFunction, Framework } from '../framework.ts';
import { wrapApplyPatch, wrapShell } from './local-tools.ts';
import { wrapPrepare, wrapRun } from './run.ts';
import { wrapExecuteCalls, wrapInvoke, wrapTool } from './tools.ts';
import { wrapProcess } from './unknown-tools.ts';

/** OpenAI Agents. Its own tracing is not OpenTelemetry's and goes on as it is. */
export const openaiAgents: Framework = Object.freeze({
  wrap: (runtime: Runtime, site: WrapSite, original: AnyFunction): AnyFunction | undefined => {
    switch (site.symbol) {
      case 'Runner.prototype.run':
        return wrapRun(runtime, original);
      case 'prepareAgentArtifacts':
        return wrapPrepare(runtime, original);
      case 'executeFunctionToolCalls':
        return wrapExecuteCalls(runtime, original);
      case 'processModelResponse':
      case 'processModelResponseAsync':
        return wrapProcess(runtime, original);
      case 'invokeFunctionTool':
        return wrapInvoke(runtime, original);
      case 'tool':
        return wrapTool(runtime, original);
      case 'executeShellActions':
        return wrapShell(runtime, original);
      case 'executeApplyPatchOperations':
        return wrapApplyPatch(runtime, original);
      default:
        return undefined;
    }
  },
});
