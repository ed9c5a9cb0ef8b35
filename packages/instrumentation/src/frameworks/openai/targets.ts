import type { FrameworkTarget } from '../../load-hook/target.ts';
import { majors } from '../../load-hook/versions.ts';

/**
 * The OpenAI SDK. Looked at: 4.0.0, 4.104.0, 5.0.0, 5.23.2, 6.0.0, 6.49.0, 7.0.0 and 7.57.0, ESM and CommonJS. Every
 * request of chat completions and of responses goes through `create`, also those of `parse`, `stream` and `runTools`; the
 * loop of `runTools` is `_runTools` (in 4 since its file has it; before that there is `runFunctions` only).
 */
export const target: FrameworkTarget = Object.freeze({
  package: 'openai',
  versions: majors(4, 5, 6, 7),
  modules: [
    {
      file: /^resources\/chat\/completions(?:\/completions)?\.m?js$/,
      contains: 'class Completions extends',
      methods: ['Completions.prototype.create'],
    },
    {
      file: /^resources\/responses\/responses\.m?js$/,
      contains: 'class Responses extends',
      methods: ['Responses.prototype.create'],
    },
    {
      file: /^lib\/AbstractChatCompletionRunner\.m?js$/,
      contains: 'async _runTools(',
      methods: ['AbstractChatCompletionRunner.prototype._runTools'],
    },
  ],
});
