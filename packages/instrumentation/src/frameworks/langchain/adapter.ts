import type { WrapSite } from '../../load-hook/target.ts';
import type { Runtime } from '../../runtime.ts';
import type { AnyFunction, Framework } from '../framework.ts';
import { wrapGenerate, wrapStream } from './chat-model.ts';
import { wrapGraph } from './graph.ts';
import { wrapInterrupt, wrapMiddleware } from './interrupt.ts';
import { wrapConvertRunnable } from './runnable-tool.ts';
import { wrapToolNode } from './tool-node.ts';
import { wrapToolCall } from './tool.ts';

const WRAPS: ReadonlyMap<string, (runtime: Runtime, original: AnyFunction) => AnyFunction> =
  new Map([
    ['StructuredTool.prototype.call', wrapToolCall],
    ['convertRunnableToTool', wrapConvertRunnable],
    ['BaseChatModel.prototype._generateUncached', wrapGenerate],
    ['BaseChatModel.prototype._streamIterator', wrapStream],
    ['Pregel.prototype._streamIterator', wrapGraph],
    ['ToolNode.prototype.run', wrapToolNode],
    ['interrupt', wrapInterrupt],
    ['humanInTheLoopMiddleware', wrapMiddleware],
  ]);

/** LangChain and LangGraph. */
export const langchain: Framework = Object.freeze({
  wrap: (runtime: Runtime, site: WrapSite, original: AnyFunction): AnyFunction | undefined =>
    WRAPS.get(site.symbol)?.(runtime, original),
});
