import { createRequire } from 'node:module';

import type { aiSdk } from './frameworks/ai-sdk/adapter.ts';
import type { anthropic } from './frameworks/anthropic/adapter.ts';
import type { claudeAgent } from './frameworks/claude-agent/adapter.ts';
import type { googleAdk } from './frameworks/google-adk/adapter.ts';
import type { langchain } from './frameworks/langchain/adapter.ts';
import type { mastra } from './frameworks/mastra/adapter.ts';
import type { mcp } from './frameworks/mcp/adapter.ts';
import type { openaiAgents } from './frameworks/openai-agents/adapter.ts';
import type { openai } from './frameworks/openai/adapter.ts';
import type { runtime } from './runtime.ts';

/** What is not loaded at start, by the path of its module. */
interface LateExports {
  readonly runtime: { readonly runtime: typeof runtime };
  readonly 'frameworks/ai-sdk/adapter': { readonly aiSdk: typeof aiSdk };
  readonly 'frameworks/anthropic/adapter': { readonly anthropic: typeof anthropic };
  readonly 'frameworks/claude-agent/adapter': { readonly claudeAgent: typeof claudeAgent };
  readonly 'frameworks/google-adk/adapter': { readonly googleAdk: typeof googleAdk };
  readonly 'frameworks/langchain/adapter': { readonly langchain: typeof langchain };
  readonly 'frameworks/mastra/adapter': { readonly mastra: typeof mastra };
  readonly 'frameworks/mcp/adapter': { readonly mcp: typeof mcp };
  readonly 'frameworks/openai-agents/adapter': { readonly openaiAgents: typeof openaiAgents };
  readonly 'frameworks/openai/adapter': { readonly openai: typeof openai };
}

const require = createRequire(import.meta.url);
/** Of a file of this package: as it was published, or as source. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/**
 * Loads a module of this package before it returns: the call that needs it is under way, and must be judged before it runs.
 * It is the instance that `import` gives too. In the published build each of these is a file of its own.
 *
 * @throws what loading it throws, for example where this package was bundled and its files are gone.
 */
export function loadNow<M extends keyof LateExports>(module: M): LateExports[M] {
  return require(`./${module}.${extension}`) as LateExports[M];
}

/**
 * Where `loader-thread` lies, for Node to load. It is asked for here, since in the published build all that a start loads is
 * one file, at the top.
 */
export function loaderThreadUrl(): URL {
  return new URL(`./loader-thread.${extension}`, import.meta.url);
}
