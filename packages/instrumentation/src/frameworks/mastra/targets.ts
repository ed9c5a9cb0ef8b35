import type { FrameworkTarget } from '../../load-hook/target.ts';
import { majors } from '../../load-hook/versions.ts';

/**
 * Mastra. Its agents are asked in four methods, and `convertTools` gives them every tool in the form in which it is called,
 * sub-agents and workflows included; the step that `createToolCallStep` makes shows what people answered. Built into chunks whose names have hashes. Run: 1.0.4, 1.71.0.
 */
export const target: FrameworkTarget = Object.freeze({
  package: '@mastra/core',
  versions: majors(1),
  modules: [
    {
      file: /^dist\/[\w-]+\.c?js$/,
      contains: 'var Agent = class ',
      functions: ['createToolCallStep'],
      methods: [
        'Agent.prototype.convertTools',
        'Agent.prototype.generate',
        'Agent.prototype.stream',
        'Agent.prototype.resumeGenerate',
        'Agent.prototype.resumeStream',
      ],
    },
  ],
});
