import type { WrapSite } from '../../load-hook/target.ts';
import type { Runtime } from '../../runtime.ts';
import type { AnyFunction, Framework } from '../framework.ts';
import { createChat } from './chat.ts';
import { wrapCreate } from '../../model/create.ts';
import { createResponses } from './responses.ts';
import { wrapRunTools } from './run-tools.ts';

/** The OpenAI SDK: its own loop over tools, and the boundary at which raw loops ask a model. */
export const openai: Framework = Object.freeze({
  wrap: (runtime: Runtime, site: WrapSite, original: AnyFunction): AnyFunction | undefined => {
    switch (site.symbol) {
      case 'Completions.prototype.create':
        return wrapCreate(runtime, original, createChat());
      case 'Responses.prototype.create':
        return wrapCreate(runtime, original, createResponses());
      case 'AbstractChatCompletionRunner.prototype._runTools':
        return wrapRunTools(runtime, original);
      default:
        return undefined;
    }
  },
});
