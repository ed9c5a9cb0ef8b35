import type { FrameworkTarget } from '../../load-hook/target.ts';

/**
 * `@anthropic-ai/claude-agent-sdk` 0.2 and 0.3: one minified ES module, of which `query` is exported under another name.
 * Tools run in the Claude Code process; hooks that the SDK takes with its options are asked before and told after.
 * Looked at: 0.2.0, 0.2.141, 0.3.142, 0.3.330. `startup` came with 0.2.
 */
export const target: FrameworkTarget = Object.freeze({
  package: '@anthropic-ai/claude-agent-sdk',
  versions: [
    { from: '0.2.0', below: '0.3.0' },
    { from: '0.3.0', below: '0.4.0' },
  ],
  modules: [
    {
      file: /^sdk\.mjs$/,
      exports: ['query'],
      optionalExports: ['startup', 'prewarm'],
    },
  ],
});

/** As override records and approvals name the framework. */
export const PACKAGE = '@anthropic-ai/claude-agent-sdk';
