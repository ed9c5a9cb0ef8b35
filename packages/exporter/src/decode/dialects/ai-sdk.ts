import { Attr, Core, GenAi } from '@aftertrace/schema';

import type { TelemetryAttributes, TelemetrySpan } from '../telemetry.ts';
import {
  countOf,
  isRecord,
  stringOf,
  stringsOf,
  structured,
  textsOf,
  valueOf,
} from './attribute-readers.ts';
import type { Dialect, ModelReading, ToolReading } from './dialect.ts';
import { readUsage, unquoted } from './otel-genai.ts';
import { readMessages, textMessage } from './read-messages.ts';
import type { Message, SpanRole, TokenUsage } from './span-view.ts';

const OPERATION = 'ai.operationId';

/** The operations that go round with tools: runs. Embedding, reranking and speech are neither runs nor steps. */
const RUNS = new Set(['ai.generateText', 'ai.streamText', 'ai.generateObject', 'ai.streamObject']);

function roleOf({ attributes }: TelemetrySpan): SpanRole {
  const operation = stringOf(attributes, OPERATION) ?? '';
  if (operation === 'ai.toolCall') return 'tool';
  if (RUNS.has(operation)) return 'agent';
  const inner = operation.endsWith('.doGenerate') || operation.endsWith('.doStream');
  return inner && RUNS.has(operation.slice(0, operation.lastIndexOf('.'))) ? 'model' : 'other';
}

const model: ModelReading = {
  requestModel: ({ attributes }) => stringOf(attributes, GenAi.REQUEST_MODEL, 'ai.model.id'),
  responseModel: ({ attributes }) =>
    stringOf(attributes, GenAi.RESPONSE_MODEL, 'ai.response.model'),
  provider: ({ attributes }) => stringOf(attributes, 'gen_ai.system', 'ai.model.provider'),
  input: ({ attributes }) => {
    const messages = valueOf(attributes, 'ai.prompt.messages');
    return messages === undefined
      ? readPrompt(valueOf(attributes, 'ai.prompt'))
      : readMessages(messages, 'user');
  },
  output: ({ attributes }) => readAnswer(attributes),
  usage: ({ attributes }) => usageOf(attributes),
  finishReasons: ({ attributes }) => {
    const reasons = textsOf(attributes, GenAi.RESPONSE_FINISH_REASONS);
    const own = stringOf(attributes, 'ai.response.finishReason', 'ai.finishReason');
    return reasons.length > 0 || own === undefined ? reasons : [own];
  },
  toolDefinitions: ({ attributes }) =>
    stringsOf(attributes, 'ai.prompt.tools').map((definition) => structured(definition)),
};

const tool: ToolReading = {
  callName: ({ attributes }) => stringOf(attributes, 'ai.toolCall.name') ?? 'unknown',
  callId: ({ attributes }) => stringOf(attributes, 'ai.toolCall.id'),
  type: () => undefined,
  arguments: ({ attributes }) =>
    structured(unquoted(valueOf(attributes, 'ai.toolCall.args', 'ai.toolCall.input'))),
  result: ({ attributes }) =>
    unquoted(valueOf(attributes, 'ai.toolCall.result', 'ai.toolCall.output')),
  exitCode: () => undefined,
  facts: () => undefined,
};

const METADATA = 'ai.telemetry.metadata.';

/**
 * The AI SDK's own `ai.*` spans: `ai.generateText` and its like are the runs, `.doGenerate` and `.doStream` inside them
 * the model calls, `ai.toolCall` the tool calls. Run on 2026-11-23: ai 4.3.19, 5.0.277, 6.0.326, and ai 7.0.173 with
 * `LegacyOpenTelemetry` of `@ai-sdk/otel` 1.0.173 (which puts tool calls below the model call). What differs: arguments
 * are `args` (4) or `input` (5 on), results `result` or an `output` envelope, tokens `promptTokens` or `inputTokens`.
 * ai 3's `ai.result.*` are read as well. The default telemetry of ai 7 speaks OpenTelemetry's names: `otel-genai`.
 */
export const aiSdk: Dialect = {
  id: 'ai-sdk',
  speaks: (kind) => kind.has(OPERATION) && !kind.has('openinference.span.kind'),
  roleOf,
  agentName: ({ attributes }) => stringOf(attributes, GenAi.AGENT_NAME, 'ai.telemetry.functionId'),
  agentVersion: ({ attributes }) =>
    stringOf(attributes, Attr.AGENT_VERSION, `${METADATA}agentVersion`),
  conversationId: ({ attributes }) =>
    stringOf(
      attributes,
      GenAi.CONVERSATION_ID,
      `${METADATA}conversationId`,
      `${METADATA}sessionId`,
      `${METADATA}threadId`,
      `${METADATA}chatId`,
    ),
  userId: ({ attributes }) => stringOf(attributes, Core.USER_ID, `${METADATA}userId`),
  model,
  tool,
};

/** What the outer call was given: `{system, prompt}` or `{system, messages}`. */
function readPrompt(value: unknown): readonly Message[] {
  const prompt = structured(value);
  if (!isRecord(prompt)) return readMessages(prompt, 'user');
  const { system, instructions, prompt: text, messages } = prompt;
  return [
    ...readMessages(system ?? instructions, 'system'),
    ...readMessages(messages ?? text, 'user'),
  ];
}

function readAnswer(attributes: TelemetryAttributes): readonly Message[] {
  const text = stringOf(
    attributes,
    'ai.response.text',
    'ai.response.object',
    'ai.result.text',
    'ai.result.object',
  );
  const calls = structured(valueOf(attributes, 'ai.response.toolCalls', 'ai.result.toolCalls'));
  const reasoning = stringOf(attributes, 'ai.response.reasoning');
  const [proposed] = readMessages(
    [{ role: 'assistant', content: Array.isArray(calls) ? calls.map(asPart) : [] }],
    'assistant',
  );
  const toolCalls = proposed?.toolCalls ?? [];
  if (text === undefined && reasoning === undefined && toolCalls.length === 0) return [];
  return [{ ...textMessage('assistant', text ?? ''), reasoning, toolCalls }];
}

/** Before version 6 the calls of an answer do not say that they are calls. */
function asPart(call: unknown): unknown {
  return isRecord(call) ? { ...call, type: 'tool-call' } : call;
}

function usageOf(attributes: TelemetryAttributes): TokenUsage {
  const inputTokens = countOf(attributes, 'ai.usage.inputTokens', 'ai.usage.promptTokens');
  const outputTokens = countOf(attributes, 'ai.usage.outputTokens', 'ai.usage.completionTokens');
  const cachedTokens = countOf(
    attributes,
    'ai.usage.cachedInputTokens',
    'ai.usage.inputTokenDetails.cacheReadTokens',
  );
  const reasoningTokens = countOf(
    attributes,
    'ai.usage.reasoningTokens',
    'ai.usage.outputTokenDetails.reasoningTokens',
  );
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
    ...readUsage(attributes),
  };
}
