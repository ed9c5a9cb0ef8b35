import { aiSdk } from './ai-sdk.ts';
import { anthropicSdk } from './anthropic-sdk.ts';
import { anyAgent } from './any-agent.ts';
import { claudeCodeSpans } from './claude-code-spans.ts';
import type { Dialect } from './dialect.ts';
import { hermesOtel } from './hermes-otel.ts';
import { mastra } from './mastra.ts';
import { openInference } from './openinference.ts';
import { openLlmetry } from './openllmetry.ts';
import { otelGenAi } from './otel-genai.ts';

/**
 * Most particular first; OpenTelemetry's names, which several others speak with a few of their own, last. hermes-otel
 * writes the kinds of two others besides its own.
 */
export const DIALECTS: readonly Dialect[] = [
  claudeCodeSpans,
  anthropicSdk,
  hermesOtel,
  openInference,
  aiSdk,
  mastra,
  openLlmetry,
  anyAgent,
  otelGenAi,
];
