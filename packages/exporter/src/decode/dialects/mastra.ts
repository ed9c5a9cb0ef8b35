import { GenAi } from '@aftertrace/schema';

import type { TelemetrySpan } from '../telemetry.ts';
import { countOf, isRecord, stringOf, structured, valueOf } from './attribute-readers.ts';
import type { Dialect, ModelReading, Told } from './dialect.ts';
import { operationRole, otelGenAi, otelModel, otelTool } from './otel-genai.ts';
import { instructionsOf, readMessages, textMessage } from './read-messages.ts';
import type { Message, SpanRole } from './span-view.ts';

const TYPE = 'mastra.span.type';

const ROLES = new Map<string, SpanRole>([
  ['agent_run', 'agent'],
  ['model_step', 'model'],
  ['model_inference', 'model'],
  ['tool_call', 'tool'],
  ['mcp_tool_call', 'tool'],
  ['client_tool_call', 'tool'],
  ['provider_tool_call', 'tool'],
]);

/** Before there were steps, a generation was the model call itself and called `chat`. */
const GENERATIONS = new Set(['model_generation', 'llm_generation']);

function roleOf({ attributes }: TelemetrySpan): SpanRole {
  const type = stringOf(attributes, TYPE) ?? '';
  if (GENERATIONS.has(type)) return operationRole(attributes) === 'model' ? 'model' : 'other';
  return ROLES.get(type) ?? 'other';
}

const model: ModelReading = {
  ...otelModel,
  input: (told) => {
    const { attributes } = told;
    const own = readMessages(stepInput(told), 'user');
    return own.length === 0
      ? otelModel.input(told)
      : [...instructionsOf(attributes, GenAi.SYSTEM_INSTRUCTIONS), ...own];
  },
  output: (told) => {
    const { attributes } = told;
    const value = valueOf(attributes, 'mastra.model_step.output', 'mastra.agent_run.output');
    return value === undefined ? otelModel.output(told) : readAnswer(structured(value));
  },
};

/**
 * Mastra's AI tracing through its OTel exporter or bridge: OpenTelemetry's names, the kind in `mastra.span.type`, and
 * content of spans that the conventions have no name for as `mastra.<type>.input` and `.output`. Run on 2026-11-23:
 * `@mastra/otel-exporter` 1.4.0, `@mastra/observability` 1.17.9, `@mastra/core` 1.71.0. There `model_generation` goes
 * round, each `model_step` is a call and has the messages, the `model_inference` (`chat`) inside it the tokens: both are
 * read as model calls, and the inner one completes the outer.
 */
export const mastra: Dialect = {
  ...otelGenAi,
  id: 'mastra',
  speaks: (kind) => kind.has(TYPE),
  roleOf,
  conversationId: ({ attributes }) =>
    stringOf(
      attributes,
      GenAi.CONVERSATION_ID,
      'mastra.metadata.threadId',
      'mastra.metadata.sessionId',
    ),
  userId: (span) =>
    otelGenAi.userId(span) ??
    stringOf(span.attributes, 'mastra.metadata.userId', 'mastra.metadata.resourceId'),
  model,
  tool: otelTool,
};

/**
 * A step's messages. Those of later steps repeat the history with calls and results as text (`[tool: look]`), which is
 * no history; the steps before and the tool spans have the real one.
 */
function stepInput({ attributes }: Told): unknown {
  const later = (countOf(attributes, 'mastra.model_step.step_index') ?? 0) > 0;
  return later
    ? undefined
    : valueOf(attributes, 'mastra.model_step.input', 'mastra.agent_run.input');
}

/** `{text, toolCalls}`, or a bare text. */
function readAnswer(value: unknown): readonly Message[] {
  if (!isRecord(value)) return readMessages(value, 'assistant');
  const { text, toolCalls } = value;
  const calls = Array.isArray(toolCalls) ? toolCalls.map(asPart) : [];
  const [proposed] = readMessages([{ role: 'assistant', content: calls }], 'assistant');
  const said = typeof text === 'string' ? text : '';
  if (said === '' && calls.length === 0) return [];
  return [{ ...textMessage('assistant', said), toolCalls: proposed?.toolCalls ?? [] }];
}

function asPart(call: unknown): unknown {
  return isRecord(call) ? { ...call, type: 'tool-call' } : call;
}
