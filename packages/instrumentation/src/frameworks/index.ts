import type { FrameworkTarget } from '../load-hook/target.ts';
import { loadNow } from '../load-now.ts';
import { targets as aiSdk } from './ai-sdk/targets.ts';
import { earlyTarget, tracedTarget } from './anthropic/targets.ts';
import { target as claudeAgent } from './claude-agent/targets.ts';
import type { Framework } from './framework.ts';
import { targets as googleAdk } from './google-adk/targets.ts';
import { targets as langchain } from './langchain/targets.ts';
import { target as mastra } from './mastra/targets.ts';
import { targets as mcp } from './mcp/targets.ts';
import { target as openaiAgents } from './openai-agents/targets.ts';
import { target as openai } from './openai/targets.ts';

/** A framework as it is known at start: what to hook, and where the rest of it is. */
export interface KnownFramework {
  /** Packages and versions of it; each package belongs to one framework. */
  readonly targets: readonly FrameworkTarget[];
  /** What to put around its functions; loaded when one of them is first called. Throws what loading it throws. */
  readonly adapter: () => Framework;
}

/** Every framework that the load hook knows. */
export const FRAMEWORKS: readonly KnownFramework[] = Object.freeze([
  { targets: aiSdk, adapter: () => loadNow('frameworks/ai-sdk/adapter').aiSdk },
  {
    targets: [earlyTarget, tracedTarget],
    adapter: () => loadNow('frameworks/anthropic/adapter').anthropic,
  },
  { targets: [claudeAgent], adapter: () => loadNow('frameworks/claude-agent/adapter').claudeAgent },
  { targets: googleAdk, adapter: () => loadNow('frameworks/google-adk/adapter').googleAdk },
  { targets: langchain, adapter: () => loadNow('frameworks/langchain/adapter').langchain },
  { targets: [mastra], adapter: () => loadNow('frameworks/mastra/adapter').mastra },
  { targets: mcp, adapter: () => loadNow('frameworks/mcp/adapter').mcp },
  {
    targets: [openaiAgents],
    adapter: () => loadNow('frameworks/openai-agents/adapter').openaiAgents,
  },
  { targets: [openai], adapter: () => loadNow('frameworks/openai/adapter').openai },
]);
