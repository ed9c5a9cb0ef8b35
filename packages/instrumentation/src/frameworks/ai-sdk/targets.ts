import type { FrameworkTarget } from '../../load-hook/target.ts';
import { majors } from '../../load-hook/versions.ts';

/**
 * The AI SDK, `ai` 7 (ESM only). `generateText` and `startStreamText` are where a run begins (ToolLoopAgent ends in them),
 * `createTelemetryDispatcher` carries every lifecycle callback, also when the application's telemetry is off, and
 * `executeToolCall` is the one place where a tool is called.
 */
export const target: FrameworkTarget = Object.freeze({
  package: 'ai',
  versions: majors(7),
  modules: [
    {
      file: /^dist\/index\.m?js$/,
      functions: [
        'executeToolCall',
        'createTelemetryDispatcher',
        'generateText',
        'startStreamText',
      ],
    },
  ],
});
