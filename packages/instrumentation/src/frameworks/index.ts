import { aiSdk } from './ai-sdk/adapter.ts';
import { anthropic } from './anthropic/adapter.ts';
import { claudeAgent } from './claude-agent/adapter.ts';
import type { Framework } from './framework.ts';
import { googleAdk } from './google-adk/adapter.ts';
import { langchain } from './langchain/adapter.ts';
import { mastra } from './mastra/adapter.ts';
import { mcp } from './mcp/adapter.ts';
import { openaiAgents } from './openai-agents/adapter.ts';
import { openai } from './openai/adapter.ts';

/** Every framework that the load hook knows. */
export const FRAMEWORKS: readonly Framework[] = Object.freeze([
  aiSdk,
  anthropic,
  claudeAgent,
  googleAdk,
  langchain,
  mastra,
  mcp,
  openai,
  openaiAgents,
]);
