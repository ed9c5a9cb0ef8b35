import { GenAi } from '@aftertrace/schema';

import type { TelemetryAttributes, TelemetrySpan } from '../telemetry.ts';
import { isRecord, stringOf, structured, textsOf, valueOf } from './attribute-readers.ts';
import type { Dialect, ModelReading, Told, ToolReading } from './dialect.ts';
import { collectIndexed } from './indexed-attributes.ts';
import { operationRole, otelGenAi, otelModel, otelTool, unquoted } from './otel-genai.ts';
import { readMessages } from './read-messages.ts';
import type { Message, SpanRole } from './span-view.ts';

const KIND = 'traceloop.span.kind';
const ENTITY = 'traceloop.entity.name';
const WORKFLOW = 'traceloop.workflow.name';
const REQUEST_TYPE = 'llm.request.type';
const FIRST_PROMPT = 'gen_ai.prompt.0.role';
const ASSOCIATION = 'traceloop.association.properties.';

const MODEL_REQUESTS = new Set(['chat', 'completion']);

/** The operation where it is told: LangChain's tools are tasks by their kind. A workflow is what agents run in. */
function roleOf({ attributes }: TelemetrySpan): SpanRole {
  const operation = operationRole(attributes);
  if (operation !== undefined && operation !== 'other') return operation;
  const kind = stringOf(attributes, KIND)?.toLowerCase();
  if (kind === 'agent' || kind === 'tool') return kind;
  if (kind !== undefined || operation !== undefined) return 'other';
  const request = stringOf(attributes, REQUEST_TYPE);
  if (request !== undefined) return MODEL_REQUESTS.has(request) ? 'model' : 'other';
  return attributes.has(FIRST_PROMPT) ? 'model' : 'other';
}

const model: ModelReading = {
  ...otelModel,
  requestModel: ({ attributes }) => stringOf(attributes, GenAi.REQUEST_MODEL, 'llm.request.model'),
  input: (told) => withEntity(otelModel.input(told), told, 'input'),
  output: (told) => withEntity(otelModel.output(told), told, 'output'),
  finishReasons: ({ attributes }) => {
    const reasons = textsOf(attributes, GenAi.RESPONSE_FINISH_REASONS);
    if (reasons.length > 0) return reasons;
    const numbered = collectIndexed(attributes, 'gen_ai.completion.')
      .list('')
      .flatMap((node) => node.text('finish_reason') ?? []);
    return numbered.length > 0 ? numbered : textsOf(attributes, 'llm.response.finish_reason');
  },
  toolDefinitions: (told) => {
    const definitions = otelModel.toolDefinitions(told);
    return definitions.length > 0 ? definitions : functionsOf(told.attributes);
  },
};

const tool: ToolReading = {
  ...otelTool,
  callName: ({ attributes, name }) =>
    stringOf(attributes, GenAi.TOOL_NAME, ENTITY) ?? name.replace(/\.tool$/, ''),
  arguments: (told) =>
    otelTool.arguments(told) ?? argumentsIn(valueOf(told.attributes, 'traceloop.entity.input')),
  result: (told) =>
    otelTool.result(told) ?? resultIn(valueOf(told.attributes, 'traceloop.entity.output')),
};

/**
 * Traceloop's OpenLLMetry: decorated functions by `traceloop.span.kind` (workflow, task, agent, tool) with their input
 * and output in `traceloop.entity.*`, model calls by OpenTelemetry's names or, before those, by `llm.request.type` and
 * numbered attributes (`gen_ai.prompt.0.role`, `gen_ai.completion.0.content`, `llm.request.functions.0.name`). Run on
 * 2026-11-23: `@traceloop/node-server-sdk` and its instrumentations 0.27.0; read: `ai-semantic-conventions` 0.27.0.
 */
export const openLlmetry: Dialect = {
  ...otelGenAi,
  id: 'openllmetry',
  speaks: (kind) =>
    (kind.scopeName.startsWith('@traceloop/') ||
      kind.has(KIND) ||
      kind.has(WORKFLOW) ||
      kind.has(REQUEST_TYPE) ||
      kind.has(FIRST_PROMPT)) &&
    !kind.has('openinference.span.kind') &&
    !kind.has('ai.operationId'),
  roleOf,
  agentName: ({ attributes }) =>
    stringOf(attributes, GenAi.AGENT_NAME) ??
    (stringOf(attributes, KIND)?.toLowerCase() === 'agent'
      ? stringOf(attributes, ENTITY)
      : stringOf(attributes, WORKFLOW)),
  conversationId: (span) =>
    otelGenAi.conversationId(span) ??
    stringOf(
      span.attributes,
      `${ASSOCIATION}conversation_id`,
      `${ASSOCIATION}session_id`,
      `${ASSOCIATION}thread_id`,
      `${ASSOCIATION}chat_id`,
    ),
  userId: (span) => otelGenAi.userId(span) ?? stringOf(span.attributes, `${ASSOCIATION}user_id`),
  model,
  tool,
};

/** An agent's own words, where it has no messages: what the function returned or was given, if that is a text. */
function withEntity(
  messages: readonly Message[],
  { attributes }: Told,
  side: 'input' | 'output',
): readonly Message[] {
  if (messages.length > 0) return messages;
  const value = structured(valueOf(attributes, `traceloop.entity.${side}`));
  const only = side === 'input' ? argumentsIn(value) : resultIn(value);
  return typeof only === 'string'
    ? readMessages(only, side === 'input' ? 'user' : 'assistant')
    : [];
}

/** `{args, kwargs}` of a decorated function, `{inputs}` or `{input_str}` of a LangChain tool. */
function argumentsIn(value: unknown): unknown {
  const input = structured(value);
  if (!isRecord(input)) return input;
  const { args, kwargs, inputs, input_str: text } = input;
  if (inputs !== undefined || text !== undefined) return inputs ?? structured(text);
  if (isRecord(kwargs) && Object.keys(kwargs).length > 0) return kwargs;
  if (!Array.isArray(args)) return input;
  return args.length === 1 ? structured(args[0]) : args.length === 0 ? {} : args;
}

/** A returned value as JSON; a LangChain tool's stands in `{output, kwargs}`. */
function resultIn(value: unknown): unknown {
  const parsed = structured(unquoted(value));
  if (!isRecord(parsed) || !Object.hasOwn(parsed, 'output') || !Object.hasOwn(parsed, 'kwargs'))
    return typeof parsed === 'string' ? parsed : value;
  return parsed['output'];
}

function functionsOf(attributes: TelemetryAttributes): readonly unknown[] {
  return collectIndexed(attributes, 'llm.request.functions.')
    .list('')
    .map((node) => ({
      name: node.text('name'),
      description: node.text('description'),
      parameters: structured(node.get('parameters')),
    }));
}
