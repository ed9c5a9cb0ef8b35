import { Core } from '@aftertrace/schema';

import { tryParseLossless } from '../../json/lossless-json.ts';
import type { TelemetryAttributes, TelemetrySpan } from '../telemetry.ts';
import {
  countOf,
  isRecord,
  numberOf,
  stringOf,
  stringsOf,
  structured,
  textField,
  valueOf,
} from './attribute-readers.ts';
import type { Dialect, ModelReading, ToolReading } from './dialect.ts';
import { collectIndexed, type IndexedNode } from './indexed-attributes.ts';
import { readMessages, textMessage } from './read-messages.ts';
import type { CallFacts, Message, ProposedCall, SpanRole, TokenUsage } from './span-view.ts';

const KIND = 'openinference.span.kind';

const ROLES = new Map<string, SpanRole>([
  ['AGENT', 'agent'],
  ['LLM', 'model'],
  ['TOOL', 'tool'],
]);

function roleOf({ attributes }: TelemetrySpan): SpanRole {
  return ROLES.get((stringOf(attributes, KIND) ?? '').toUpperCase()) ?? 'other';
}

const model: ModelReading = {
  requestModel: ({ attributes }) => stringOf(attributes, 'llm.model_name', 'embedding.model_name'),
  responseModel: () => undefined,
  provider: ({ attributes }) => stringOf(attributes, 'llm.provider', 'llm.system'),
  input: ({ attributes }) => messagesOf(attributes, 'llm.input_messages.', 'user'),
  output: ({ attributes }) => messagesOf(attributes, 'llm.output_messages.', 'assistant'),
  usage: ({ attributes }) => readUsage(attributes),
  finishReasons: ({ attributes }) => {
    const reason = stringOf(attributes, 'llm.finish_reason') ?? finishReasonIn(attributes);
    return reason === undefined ? stringsOf(attributes, 'llm.finish_reasons') : [reason];
  },
  toolDefinitions: ({ attributes }) =>
    collectIndexed(attributes, 'llm.tools.')
      .list('')
      .map((item) => structured(item.get('tool.json_schema')))
      .filter((tool) => tool !== undefined),
};

const tool: ToolReading = {
  callName: ({ attributes, name }) => stringOf(attributes, 'tool.name') ?? name,
  callId: ({ attributes }) =>
    stringOf(attributes, 'tool.id', 'tool_call.id') ?? langChainCallId(attributes),
  type: () => undefined,
  arguments: ({ attributes }) => readArguments(attributes),
  result: ({ attributes }) => {
    const value = valueOf(attributes, 'output.value');
    return langChainMessage(value)?.['content'] ?? value;
  },
  exitCode: () => undefined,
  facts: ({ attributes }) => factsOf(langChainMessage(valueOf(attributes, 'output.value'))),
};

/**
 * Arize's OpenInference conventions: kinds in `openinference.span.kind`, messages flattened into numbered attributes.
 * Run on 2026-11-23: `@arizeai/openinference-instrumentation-langchain` 4.1.1 with langchain 1.5.14, which writes a
 * tool's result as LangChain's own serialised message; read: recorded runs of smolagents and of LangGraph (Python).
 */
export const openInference: Dialect = {
  id: 'openinference',
  speaks: (kind) => kind.has(KIND),
  roleOf,
  agentName: (span) =>
    stringOf(span.attributes, 'agent.name') ?? (roleOf(span) === 'agent' ? span.name : undefined),
  agentVersion: () => undefined,
  conversationId: ({ attributes }) => stringOf(attributes, 'session.id'),
  userId: ({ attributes }) => stringOf(attributes, Core.USER_ID),
  model,
  tool,
};

/** Flattened messages; of spans that have none (agents), the text that went in or came out. */
function messagesOf(
  attributes: TelemetryAttributes,
  prefix: string,
  role: 'user' | 'assistant',
): readonly Message[] {
  const messages = collectIndexed(attributes, prefix).list('').map(readMessage);
  if (messages.length > 0 || stringOf(attributes, KIND)?.toUpperCase() !== 'AGENT') return messages;
  const value = structured(valueOf(attributes, role === 'user' ? 'input.value' : 'output.value'));
  if (typeof value === 'string') return value === '' ? [] : [textMessage(role, value)];
  return isRecord(value) && Array.isArray(value['messages'])
    ? readMessages(value['messages'], role)
    : [];
}
/** The provider's own answer, recorded whole, says how it ended. Quotes inside its texts are escaped, so they do not match. */
function finishReasonIn(attributes: TelemetryAttributes): string | undefined {
  const output = stringOf(attributes, 'output.value') ?? '';
  return /"(?:finish_reason|stop_reason)": ?"([a-z_]{1,40})"/.exec(output)?.[1];
}

function readUsage(attributes: TelemetryAttributes): TokenUsage {
  const inputTokens = countOf(attributes, 'llm.token_count.prompt');
  const outputTokens = countOf(attributes, 'llm.token_count.completion');
  const cachedTokens = countOf(attributes, 'llm.token_count.prompt_details.cache_read');
  const reasoningTokens = countOf(attributes, 'llm.token_count.completion_details.reasoning');
  const costUsd = numberOf(attributes, 'llm.cost.total');
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
    ...(costUsd === undefined || costUsd < 0 ? {} : { costUsd }),
  };
}

function readMessage(node: IndexedNode): Message {
  const role = node.text('message.role') ?? 'user';
  const parts = node.list('message.contents');
  const texts = parts
    .filter((part) => (part.text('message_content.type') ?? 'text') === 'text')
    .map((part) => part.text('message_content.text') ?? '');
  const content = node.text('message.content');
  const text = content ?? texts.join('\n');
  const callId = node.text('message.tool_call_id');
  return {
    role,
    text: role === 'tool' ? '' : text,
    reasoning: undefined,
    toolCalls: node.list('message.tool_calls').flatMap(readCall),
    toolResults: role === 'tool' ? [{ callId, content: text }] : [],
    omitted: parts
      .map((part) => part.text('message_content.type') ?? 'text')
      .filter((type) => type !== 'text')
      .map((type) => ({ type })),
  };
}

function readCall(node: IndexedNode): readonly ProposedCall[] {
  const name = node.text('tool_call.function.name');
  if (name === undefined) return [];
  return [
    {
      id: node.text('tool_call.id'),
      name,
      arguments: structured(node.get('tool_call.function.arguments')),
    },
  ];
}

function readArguments(attributes: TelemetryAttributes): unknown {
  const value = structured(
    valueOf(attributes, 'tool_call.function.arguments', 'input.value', 'tool.parameters'),
  );
  // LangGraph wraps the call it got from the model.
  if (isRecord(value) && isRecord(value['args']) && textField(value, 'name') !== undefined)
    return value['args'];
  return value;
}

/** How LangChain's serialisation of a tool message begins. */
const SERIALISED = '{"output":{"lc":';

/** The fields of the tool message that LangChain wrote whole, or `undefined`. */
function langChainMessage(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'string' || !value.startsWith(SERIALISED)) return undefined;
  const parsed = tryParseLossless(value);
  const message = isRecord(parsed) ? parsed['output'] : undefined;
  const fields = isRecord(message) ? message['kwargs'] : undefined;
  return isRecord(fields) ? fields : undefined;
}

function langChainCallId(attributes: TelemetryAttributes): string | undefined {
  const value = valueOf(attributes, 'output.value');
  const fields = langChainMessage(value);
  return fields === undefined ? undefined : textField(fields, 'tool_call_id');
}

/** LangChain turns what a tool threw into a message of status `error`. */
function factsOf(fields: Readonly<Record<string, unknown>> | undefined): CallFacts | undefined {
  const status = fields === undefined ? undefined : textField(fields, 'status');
  return status === undefined ? undefined : { status, returned: true };
}
