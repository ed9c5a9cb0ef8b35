import { structured, stringOf, textsOf, valueOf } from './attribute-readers.ts';
import { GenAi } from '@aftertrace/schema';

import type { Dialect } from './dialect.ts';
import { otelGenAi, otelModel, otelTool } from './otel-genai.ts';
import { plainText } from './read-messages.ts';

/** The scope's name goes on with the language. */
const SCOPE = 'com.anthropic.sdk.';

/**
 * What Anthropic's SDK sends by itself (on by default since 0.134.0 where a tracer provider is registered):
 * OpenTelemetry's names, except for a tool's result (`anthropic.tool_result.content`, a list of blocks) and the reason
 * why a message ended. Runs are `anthropic.messages.tool_runner`; a raw loop has model calls only. It sets the status
 * OK on every tool call that did not throw. Run on 2026-11-23: `@anthropic-ai/sdk` 1.12.0, with content
 * (`ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE=content`) and without.
 */
export const anthropicSdk: Dialect = {
  ...otelGenAi,
  id: 'anthropic-sdk',
  speaks: ({ scopeName }) => scopeName.startsWith(SCOPE),
  conversationId: (span) =>
    otelGenAi.conversationId(span) ?? stringOf(span.attributes, 'anthropic.session.id'),
  model: {
    ...otelModel,
    finishReasons: ({ attributes }) => {
      const reasons = textsOf(attributes, GenAi.RESPONSE_FINISH_REASONS);
      return reasons.length > 0 ? reasons : textsOf(attributes, 'anthropic.message.stop_reason');
    },
  },
  tool: {
    ...otelTool,
    result: (told) => {
      const blocks = structured(valueOf(told.attributes, 'anthropic.tool_result.content'));
      return blocks === undefined ? otelTool.result(told) : plainText(blocks);
    },
  },
};
