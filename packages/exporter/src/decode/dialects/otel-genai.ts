import { Attr, Core, GenAi, Operation } from '@aftertrace/schema';

import { tryParseLossless } from '../../json/lossless-json.ts';
import type { TelemetryAttributes, TelemetrySpan } from '../telemetry.ts';
import {
  countOf,
  isRecord,
  numberOf,
  stringOf,
  stringsOf,
  structured,
  valueOf,
} from './attribute-readers.ts';
import { readInstructions, readMessages } from './read-messages.ts';
import type {
  Dialect,
  Message,
  ModelView,
  SpanRole,
  SpanView,
  TokenUsage,
  ToolView,
} from './span-view.ts';

const MODEL_OPERATIONS = new Set<string>([
  Operation.CHAT,
  Operation.GENERATE_CONTENT,
  Operation.TEXT_COMPLETION,
  'completion',
]);

/** OpenTelemetry's GenAI conventions, in today's spelling and in those that were renamed since, and our own agents. */
export const otelGenAi: Dialect = {
  id: 'otel-genai',
  matches: (span) =>
    span.attributes.has(GenAi.OPERATION_NAME) ||
    span.attributes.has('gen_ai.system') ||
    span.attributes.has(GenAi.TOOL_NAME) ||
    span.attributes.has(Attr.TOOL_OUTCOME),
  read: (span) => readOtelSpan(span, otelGenAi.id),
};

/** Reads a span by OpenTelemetry's names, for dialects that differ from them in a few. */
export function readOtelSpan(span: TelemetrySpan, dialect: string): SpanView {
  const { attributes } = span;
  const role = roleOf(attributes);
  return {
    role,
    dialect,
    agentName: stringOf(attributes, GenAi.AGENT_NAME),
    agentVersion: stringOf(attributes, Attr.AGENT_VERSION, 'gen_ai.agent.version'),
    conversationId: stringOf(attributes, GenAi.CONVERSATION_ID, 'gen_ai.thread.id'),
    userId: stringOf(attributes, Core.USER_ID),
    model: role === 'model' || role === 'agent' ? readModel(span) : undefined,
    tool: role === 'tool' ? readTool(attributes) : undefined,
  };
}

function roleOf(attributes: TelemetryAttributes): SpanRole {
  const operation = stringOf(attributes, GenAi.OPERATION_NAME);
  if (operation === Operation.INVOKE_AGENT) return 'agent';
  if (operation === Operation.EXECUTE_TOOL) return 'tool';
  if (operation !== undefined) return MODEL_OPERATIONS.has(operation) ? 'model' : 'other';
  if (attributes.has(GenAi.TOOL_NAME) || attributes.has(Attr.TOOL_OUTCOME)) return 'tool';
  return attributes.has(GenAi.REQUEST_MODEL) ? 'model' : 'other';
}

function readTool(attributes: TelemetryAttributes): ToolView {
  return {
    name: stringOf(attributes, GenAi.TOOL_NAME) ?? 'unknown',
    callId: stringOf(attributes, GenAi.TOOL_CALL_ID),
    type: stringOf(attributes, GenAi.TOOL_TYPE),
    arguments: structured(
      unquoted(valueOf(attributes, GenAi.TOOL_CALL_ARGUMENTS, 'gen_ai.tool.arguments')),
    ),
    result: unquoted(
      valueOf(attributes, GenAi.TOOL_CALL_RESULT, 'gen_ai.tool.result', 'gen_ai.tool.output'),
    ),
    exitCode: numberOf(attributes, 'process.exit.code'),
  };
}

/** A text that was written as JSON, as our agents and the AI SDK do with whatever a tool is given or returns. */
function unquoted(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('"') || !value.endsWith('"')) return value;
  const text = tryParseLossless(value);
  return typeof text === 'string' ? text : value;
}

function readModel(span: TelemetrySpan): ModelView {
  const { attributes } = span;
  const definitions = structured(valueOf(attributes, GenAi.TOOL_DEFINITIONS));
  return {
    requestModel: stringOf(attributes, GenAi.REQUEST_MODEL),
    responseModel: stringOf(attributes, GenAi.RESPONSE_MODEL),
    provider: stringOf(attributes, GenAi.PROVIDER_NAME, 'gen_ai.system'),
    input: [
      ...readInstructions(valueOf(attributes, GenAi.SYSTEM_INSTRUCTIONS)),
      ...firstFilled(
        readMessages(valueOf(attributes, GenAi.INPUT_MESSAGES, 'gen_ai.prompt'), 'user'),
        () => messagesOfEvents(span, INPUT_EVENTS),
      ),
    ],
    output: firstFilled(
      readMessages(valueOf(attributes, GenAi.OUTPUT_MESSAGES, 'gen_ai.completion'), 'assistant'),
      () => messagesOfEvents(span, OUTPUT_EVENTS),
    ),
    usage: readUsage(attributes),
    finishReasons: stringsOf(attributes, GenAi.RESPONSE_FINISH_REASONS),
    toolDefinitions: Array.isArray(definitions) ? definitions : [],
  };
}

/** Tokens by today's names and the two that went before. */
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
  const reasoningTokens = countOf(attributes, GenAi.USAGE_REASONING_OUTPUT_TOKENS);
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

function messagesOfEvents(
  span: TelemetrySpan,
  roles: ReadonlyMap<string, string>,
): readonly Message[] {
  return span.events.flatMap((event) => {
    const role = roles.get(event.name);
    if (role === undefined) return [];
    const whole = valueOf(event.attributes, 'gen_ai.prompt', 'gen_ai.completion', 'message');
    if (whole !== undefined) return readMessages(whole, role);
    const fields = {
      role,
      ...Object.fromEntries(event.attributes),
      tool_calls: structured(event.attributes.get('tool_calls')),
    };
    return isRecord(fields) ? readMessages(fields, role) : [];
  });
}

function firstFilled<Item>(
  items: readonly Item[],
  otherwise: () => readonly Item[],
): readonly Item[] {
  return items.length > 0 ? items : otherwise();
}
