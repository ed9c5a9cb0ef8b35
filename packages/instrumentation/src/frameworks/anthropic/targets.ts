import type { FrameworkTarget, ModuleTarget } from '../../load-hook/target.ts';

const betaMessages: ModuleTarget = {
  file: /^resources\/beta\/messages\/messages\.m?js$/,
  methods: ['Messages.prototype.create', 'Messages.prototype.toolRunner'],
};

const messages: ModuleTarget = {
  file: /^resources\/messages\/messages\.m?js$/,
  methods: ['Messages.prototype.create'],
};

/** Where tools run that are given as objects; sessions of hosted agents call it in versions whose tool runner does not. */
const runnableTool: ModuleTarget = {
  file: /^lib\/tools\/BetaRunnableTool\.m?js$/,
  functions: ['runRunnableTool'],
};

const toolRunner = /^lib\/tools\/BetaToolRunner\.m?js$/;

const toolNotFound: ModuleTarget = {
  file: toolRunner,
  contains: 'function toolNotFoundResult(',
  functions: ['toolNotFoundResult'],
};

/** Before there was a function for it, a call of an unknown tool was answered right there. */
const toolResponse: ModuleTarget = {
  file: toolRunner,
  contains: 'async function generateToolResponse(params, lastMessage',
  functions: ['generateToolResponse'],
};

/**
 * `@anthropic-ai/sdk` before its own spans: the tool runner calls `tool.run` itself, so its tools are guarded as they are
 * handed over. Looked at: 0.70.0, 0.100.1, 0.117.1, 0.133.0. `runRunnableTool` came between the first two, for hosted
 * agents alone.
 */
export const earlyTarget: FrameworkTarget = Object.freeze({
  package: '@anthropic-ai/sdk',
  versions: [{ from: '0.70.0', below: '0.134.0' }],
  modules: [
    betaMessages,
    messages,
    { ...runnableTool, contains: 'function runRunnableTool(' },
    toolNotFound,
    toolResponse,
  ],
});

/**
 * Since 0.134.0 every tool passes `withToolUseSpan` and then `runRunnableTool` or, in toolsets, `runToolsetMember`; spans
 * are the SDK's own wherever a client has a tracer. Looked at: 0.134.0, 0.137.0, 1.0.0, 1.12.0.
 */
export const tracedTarget: FrameworkTarget = Object.freeze({
  package: '@anthropic-ai/sdk',
  versions: [
    { from: '0.134.0', below: '1.0.0' },
    { from: '1.0.0', below: '2.0.0' },
  ],
  modules: [
    betaMessages,
    messages,
    runnableTool,
    toolNotFound,
    { file: /^internal\/tracing\.m?js$/, functions: ['startApiCallSpan'] },
    {
      file: /^lib\/threads\/BetaMessageThread\.m?js$/,
      methods: ['BetaMessageThread.prototype.toolRunner'],
    },
    { file: /^lib\/internal\/toolsets\/run\.m?js$/, functions: ['runToolsetMember'] },
    {
      file: /^lib\/internal\/tracing\/tools\.m?js$/,
      functions: ['startToolRunnerSpan', 'withToolUseSpan'],
    },
  ],
});

/** As scopes name the framework. */
export const PACKAGE = '@anthropic-ai/sdk';
