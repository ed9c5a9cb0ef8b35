import { Core } from '@aftertrace/schema';

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
import { collectIndexed } from './indexed-attributes.ts';
import type {
  Dialect,
  Message,
  ModelView,
  ProposedCall,
  SpanRole,
  SpanView,
  TokenUsage,
  ToolView,
} from './span-view.ts';

const ROLES = new Map<string, SpanRole>([
  ['AGENT', 'agent'],
  ['LLM', 'model'],
  ['TOOL', 'tool'],
]);

/** Arize's OpenInference conventions: kinds in `openinference.span.kind`, messages flattened into numbered attributes. */
export const openInference: Dialect = {
  id: 'openinference',
  matches: (span) => span.attributes.has('openinference.span.kind'),
  read: readOpenInferenceSpan,
};

function readOpenInferenceSpan(span: TelemetrySpan): SpanView {
  const { attributes } = span;
  const role =
    ROLES.get((stringOf(attributes, 'openinference.span.kind') ?? '').toUpperCase()) ?? 'other';
  return {
    role,
    dialect: openInference.id,
    agentName: stringOf(attributes, 'agent.name') ?? (role === 'agent' ? span.name : undefined),
    agentVersion: undefined,
    conversationId: stringOf(attributes, 'session.id'),
    userId: stringOf(attributes, Core.USER_ID),
    model: role === 'model' ? readModel(attributes) : undefined,
    tool: role === 'tool' ? readTool(span) : undefined,
  };
}

function readModel(attributes: TelemetryAttributes): ModelView {
  const tree = collectIndexed(attributes, 'llm.');
  const tools = tree.list('tools').map((item) => structured(item.get('tool.json_schema')));
  const finishReason = stringOf(attributes, 'llm.finish_reason') ?? finishReasonIn(attributes);
  return {
    requestModel: stringOf(attributes, 'llm.model_name', 'embedding.model_name'),
    responseModel: undefined,
    provider: stringOf(attributes, 'llm.provider', 'llm.system'),
    input: tree.list('input_messages').map(readMessage),
    output: tree.list('output_messages').map(readMessage),
    usage: readUsage(attributes),
    finishReasons:
      finishReason === undefined ? stringsOf(attributes, 'llm.finish_reasons') : [finishReason],
    toolDefinitions: tools.filter((tool) => tool !== undefined),
  };
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

type Node = ReturnType<ReturnType<typeof collectIndexed>['list']>[number];

function readMessage(node: Node): Message {
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

function readCall(node: Node): readonly ProposedCall[] {
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

function readTool(span: TelemetrySpan): ToolView {
  const { attributes } = span;
  return {
    name: stringOf(attributes, 'tool.name') ?? span.name,
    callId: stringOf(attributes, 'tool.id', 'tool_call.id'),
    type: undefined,
    arguments: readArguments(attributes),
    result: valueOf(attributes, 'output.value'),
    exitCode: undefined,
  };
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
