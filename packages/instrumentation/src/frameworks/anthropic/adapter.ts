import type { WrapSite } from '../../load-hook/target.ts';
import type { Runtime } from '../../runtime.ts';
import type { AnyFunction, Framework } from '../framework.ts';
import { wrapCreate } from '../../model/create.ts';
import { createMessages } from './messages.ts';
import { wrapStartApiCallSpan } from './native-chat-span.ts';
import { wrapStartToolRunnerSpan, wrapToolRunner } from './tool-runner.ts';
import { wrapToolNotFound, wrapToolResponse } from './unknown-tool.ts';
import { wrapRunRunnableTool, wrapRunToolsetMember, wrapWithToolUseSpan } from './wrap-tools.ts';

/** Anthropic's SDK: its tool runner, and raw loops over its messages. */
export const anthropic: Framework = Object.freeze({
  wrap: (runtime: Runtime, site: WrapSite, original: AnyFunction): AnyFunction | undefined => {
    switch (site.symbol) {
      case 'Messages.prototype.toolRunner':
      case 'BetaMessageThread.prototype.toolRunner':
        return wrapToolRunner(runtime, site, original);
      case 'Messages.prototype.create':
        return wrapCreate(runtime, original, createMessages());
      case 'startApiCallSpan':
        return wrapStartApiCallSpan(runtime, original);
      case 'runRunnableTool':
        return wrapRunRunnableTool(runtime, original);
      case 'runToolsetMember':
        return wrapRunToolsetMember(runtime, original);
      case 'withToolUseSpan':
        return wrapWithToolUseSpan(runtime, original);
      case 'toolNotFoundResult':
        return wrapToolNotFound(runtime, original);
      case 'generateToolResponse':
        return wrapToolResponse(runtime, original);
      case 'startToolRunnerSpan':
        return wrapStartToolRunnerSpan(runtime, original);
      default:
        return undefined;
    }
  },
});
