import { Attr, Core, GenAi, Operation } from '@aftertrace/schema';

import { tryParseLossless } from '../../json/lossless-json.ts';
import type { TelemetryAttributes, TelemetrySpan } from '../telemetry.ts';
import {
  countOf,
  isRecord,
  numberOf,
  stringOf,
  structured,
  textsOf,
  valueOf,
} from './attribute-readers.ts';
import type { Dialect, ModelReading, Told, ToolReading } from './dialect.ts';
import { indexedCompletion, indexedPrompt } from './indexed-messages.ts';
import { instructionsOf, messagesOf, readMessages } from './read-messages.ts';
import type { Message, SpanRole, TokenUsage } from './span-view.ts';

const MODEL_OPERATIONS = new Set<string>([
  Operation.CHAT,
  Operation.GENERATE_CONTENT,
  Operation.TEXT_COMPLETION,
  'completion',
]);

/** The role that `gen_ai.operation.name` gives; `undefined` where it is absent. */
export function operationRole(attributes: TelemetryAttributes): SpanRole | undefined {
  const operation = stringOf(attributes, GenAi.OPERATION_NAME);
  if (operation === undefined) return undefined;
  if (MODEL_OPERATIONS.has(operation)) return 'model';
  if (operation === Operation.EXECUTE_TOOL) return 'tool';
  return operation === Operation.INVOKE_AGENT ? 'agent' : 'other';
}

function roleOf({ attributes }: TelemetrySpan): SpanRole {
  const role = operationRole(attributes);
  if (role !== undefined) return role;
  if (attributes.has(GenAi.TOOL_NAME) || attributes.has(Attr.TOOL_OUTCOME)) return 'tool';
  return attributes.has(GenAi.REQUEST_MODEL) ? 'model' : 'other';
}

/** Tool calls by OpenTelemetry's names; for other dialects to take what they share. */
export const otelTool: ToolReading = {
  callName: ({ attributes, name }) =>
    stringOf(attributes, GenAi.TOOL_NAME) ?? (/^execute_tool (.+)$/.exec(name)?.[1] || 'unknown'),
  callId: ({ attributes }) => stringOf(attributes, GenAi.TOOL_CALL_ID),
  type: ({ attributes }) => stringOf(attributes, GenAi.TOOL_TYPE),
  arguments: ({ attributes }) =>
    structured(unquoted(valueOf(attributes, GenAi.TOOL_CALL_ARGUMENTS, 'gen_ai.tool.arguments'))),
  result: ({ attributes }) =>
    unquoted(
      valueOf(attributes, GenAi.TOOL_CALL_RESULT, 'gen_ai.tool.result', 'gen_ai.tool.output'),
    ),
  exitCode: ({ attributes }) => numberOf(attributes, 'process.exit.code'),
  facts: () => undefined,
};

/** Model calls by OpenTelemetry's names; for other dialects to take what they share. */
export const otelModel: ModelReading = {
  requestModel: ({ attributes }) => stringOf(attributes, GenAi.REQUEST_MODEL),
  responseModel: ({ attributes }) => stringOf(attributes, GenAi.RESPONSE_MODEL),
  provider: ({ attributes }) => stringOf(attributes, GenAi.PROVIDER_NAME, 'gen_ai.system'),
  input: (told) => {
    const instructions = instructionsOf(told.attributes, GenAi.SYSTEM_INSTRUCTIONS);
    const messages = inputOf(told);
    return instructions.length === 0 ? messages : [...instructions, ...messages];
  },
  output: outputOf,
  usage: ({ attributes }) => readUsage(attributes),
  finishReasons: ({ attributes }) => textsOf(attributes, GenAi.RESPONSE_FINISH_REASONS),
  toolDefinitions: ({ attributes }) => {
    const definitions = structured(valueOf(attributes, GenAi.TOOL_DEFINITIONS));
    return Array.isArray(definitions) ? definitions : [];
  },
};

/**
 * OpenTelemetry's GenAI conventions, in today's spelling and in those that were renamed since, and our own agents. Also
 * what `@ai-sdk/otel` sends (run with 1.0.173 of ai 7.0.173 on 2026-11-23: `agent_step` spans connect, the rest is
 * plain). Read: `semantic-conventions-genai` at `fe5608e` (2026-08-03); messages as `gen_ai.prompt`/`gen_ai.completion`,
 * as span events up to v1.36 and as numbered attributes (`gen_ai.prompt.0.role`); tokens as `prompt_tokens` and
 * `completion_tokens`; `gen_ai.system` and `gen_ai.thread.id`.
 */
export const otelGenAi: Dialect = {
  id: 'otel-genai',
  speaks: (kind) =>
    kind.has(GenAi.OPERATION_NAME) ||
    kind.has('gen_ai.system') ||
    kind.has(GenAi.TOOL_NAME) ||
    kind.has(Attr.TOOL_OUTCOME),
  roleOf,
  agentName: ({ attributes }) => stringOf(attributes, GenAi.AGENT_NAME),
  agentVersion: ({ attributes }) =>
    stringOf(attributes, Attr.AGENT_VERSION, 'gen_ai.agent.version'),
  conversationId: ({ attributes }) =>
    stringOf(attributes, GenAi.CONVERSATION_ID, 'gen_ai.thread.id'),
  userId: ({ attributes }) => stringOf(attributes, Core.USER_ID, 'enduser.id'),
  model: otelModel,
  tool: otelTool,
};

/** A text that was written as JSON, as our agents and the AI SDK do with whatever a tool is given or returns. */
export function unquoted(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('"') || !value.endsWith('"')) return value;
  const text = tryParseLossless(value);
  return typeof text === 'string' ? text : value;
}

/** Tokens by today's names and those that went before. */
export function readUsage(attributes: TelemetryAttributes): TokenUsage {
  const inputTokens = countOf(attributes, GenAi.USAGE_INPUT_TOKENS, 'gen_ai.usage.prompt_tokens');
  const outputTokens = countOf(
    attributes,
    GenAi.USAGE_OUTPUT_TOKENS,
    'gen_ai.usage.completion_tokens',
  );
  const cachedTokens = countOf(
    attributes,
    GenAi.USAGE_CACHE_READ_INPUT_TOKENS,
    'gen_ai.usage.cache_read_input_tokens',
  );
  const reasoningTokens = countOf(
    attributes,
    GenAi.USAGE_REASONING_OUTPUT_TOKENS,
    'gen_ai.usage.reasoning_tokens',
  );
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
  };
}

/** Span events by which messages were told before they became attributes, with the role of each. */
const INPUT_EVENTS = new Map([
  ['gen_ai.system.message', 'system'],
  ['gen_ai.user.message', 'user'],
  ['gen_ai.assistant.message', 'assistant'],
  ['gen_ai.tool.message', 'tool'],
  ['gen_ai.content.prompt', 'user'],
]);
const OUTPUT_EVENTS = new Map([
  ['gen_ai.choice', 'assistant'],
  ['gen_ai.content.completion', 'assistant'],
]);

function inputOf(told: Told): readonly Message[] {
  const messages = messagesOf(told.attributes, 'user', GenAi.INPUT_MESSAGES, 'gen_ai.prompt');
  if (messages.length > 0) return messages;
  const numbered = indexedPrompt(told.attributes);
  return numbered.length > 0 ? numbered : messagesOfEvents(told, INPUT_EVENTS);
}

function outputOf(told: Told): readonly Message[] {
  const { attributes } = told;
  const messages = messagesOf(attributes, 'assistant', GenAi.OUTPUT_MESSAGES, 'gen_ai.completion');
  if (messages.length > 0) return messages;
  const numbered = indexedCompletion(told.attributes);
  return numbered.length > 0 ? numbered : messagesOfEvents(told, OUTPUT_EVENTS);
}

function messagesOfEvents(told: Told, roles: ReadonlyMap<string, string>): readonly Message[] {
  return told.events.flatMap((event) => {
    const role = roles.get(event.name);
    return role === undefined ? [] : messageOfEvent(role, event.attributes);
  });
}

function messageOfEvent(role: string, attributes: TelemetryAttributes): readonly Message[] {
  const whole = valueOf(attributes, 'gen_ai.prompt', 'gen_ai.completion', 'message');
  if (whole !== undefined) return readMessages(whole, role);
  const fields = {
    role,
    ...Object.fromEntries(attributes),
    tool_calls: structured(attributes.get('tool_calls')),
  };
  return isRecord(fields) ? readMessages(fields, role) : [];
}
