import { GenAi } from '@aftertrace/schema';

import type { TelemetryAttributes, TelemetrySpan } from '../telemetry.ts';
import { isRecord, numberOf, structured, textField, valueOf } from './attribute-readers.ts';
import type { Dialect } from './dialect.ts';
import { otelGenAi, otelModel, otelTool, readUsage } from './otel-genai.ts';
import { messagesOf, readMessages, textMessage } from './read-messages.ts';
import type { Message, ProposedCall, TokenUsage } from './span-view.ts';

const CALL_LLM = 'call_llm';
const OUTPUT = 'gen_ai.output';
const TOOL_ARGS = 'gen_ai.tool.args';

/**
 * mozilla-ai/any-agent: OpenTelemetry's names with four of its own: the operation `call_llm`, `gen_ai.output` for
 * answers and results, `gen_ai.tool.args` for arguments, and costs beside the tokens. The input messages stand on the
 * first call only. Read: traces recorded by its seven backends at `3e248d1`.
 */
export const anyAgent: Dialect = {
  ...otelGenAi,
  id: 'any-agent',
  speaks: (kind) => {
    if (kind.has(OUTPUT) || kind.has(TOOL_ARGS) || kind.has('any_agent.version')) return true;
    return kind.has(GenAi.OPERATION_NAME) ? 'perhaps' : false;
  },
  matches: ({ attributes }) => attributes.get(GenAi.OPERATION_NAME) === CALL_LLM,
  roleOf: (span: TelemetrySpan) =>
    span.attributes.get(GenAi.OPERATION_NAME) === CALL_LLM ? 'model' : otelGenAi.roleOf(span),
  model: {
    ...otelModel,
    input: ({ attributes }) => messagesOf(attributes, 'user', GenAi.INPUT_MESSAGES),
    output: (told) => {
      const output = readOutput(valueOf(told.attributes, OUTPUT));
      return output.length > 0 ? output : otelModel.output(told);
    },
    usage: ({ attributes }) => ({ ...readUsage(attributes), ...readCost(attributes) }),
  },
  tool: {
    ...otelTool,
    arguments: (told) =>
      structured(valueOf(told.attributes, TOOL_ARGS)) ?? otelTool.arguments(told),
    result: (told) => valueOf(told.attributes, OUTPUT) ?? otelTool.result(told),
  },
};

/** Tool calls as `[{"tool.name", "tool.args"}]`, or the answer's text. */
function readOutput(value: unknown): readonly Message[] {
  if (value === undefined) return [];
  const parsed = structured(value);
  const calls = Array.isArray(parsed) ? parsed.map(readCall) : [];
  if (calls.length > 0 && calls.every((call) => call !== undefined)) {
    return [{ ...textMessage('assistant', ''), toolCalls: calls }];
  }
  return typeof value === 'string'
    ? [textMessage('assistant', value)]
    : readMessages(value, 'assistant');
}

function readCall(item: unknown): ProposedCall | undefined {
  if (!isRecord(item)) return undefined;
  const name = textField(item, 'tool.name');
  return name === undefined
    ? undefined
    : { id: undefined, name, arguments: structured(item['tool.args']) };
}

function readCost(attributes: TelemetryAttributes): TokenUsage {
  const input = numberOf(attributes, 'gen_ai.usage.input_cost');
  const output = numberOf(attributes, 'gen_ai.usage.output_cost');
  if (input === undefined && output === undefined) return {};
  return { costUsd: (input ?? 0) + (output ?? 0) };
}
