import type { FrameworkTarget } from '../../load-hook/target.ts';

/**
 * OpenAI Agents: `@openai/agents` re-exports `@openai/agents-core`, which is what runs. Looked at: 0.5.0, 0.12.1,
 * 0.16.1 and 0.20.0, ESM and CommonJS. `Runner.run` is where a run begins, `prepareAgentArtifacts` the moment before each
 * model call, `executeFunctionToolCalls` where approvals are acted on, `invokeFunctionTool` the one place where function
 * tools and MCP tools are called, and `tool` what hides a tool's error from it.
 */
export const target: FrameworkTarget = Object.freeze({
  package: '@openai/agents-core',
  versions: [{ from: '0.5.0', below: '0.21.0' }],
  modules: [
    { file: /^dist\/run\.m?js$/, methods: ['Runner.prototype.run'] },
    { file: /^dist\/tool\.m?js$/, functions: ['invokeFunctionTool', 'tool'] },
    { file: /^dist\/runner\/modelPreparation\.m?js$/, functions: ['prepareAgentArtifacts'] },
    {
      file: /^dist\/runner\/modelOutputs\.m?js$/,
      contains: 'async function processModelResponseAsync(',
      functions: ['processModelResponseAsync'],
    },
    { file: /^dist\/runner\/modelOutputs\.m?js$/, functions: ['processModelResponse'] },
    {
      file: /^dist\/runner\/toolExecution\.m?js$/,
      functions: ['executeFunctionToolCalls', 'executeShellActions', 'executeApplyPatchOperations'],
    },
  ],
});
