import { Core, GenAi } from '@aftertrace/schema';

import { isoTime } from '../../assemble/iso-time.ts';
import type { TelemetryAttributes, TelemetrySpan } from '../telemetry.ts';
import { WireSpan } from '../wire-span.ts';
import {
  booleanOf,
  isRecord,
  stringOf,
  structured,
  textField,
  textsOf,
  valueOf,
} from './attribute-readers.ts';
import { CLAUDE_CODE, readPermission } from './claude-code-permission.ts';
import { anthropicUsage } from './claude-code-usage.ts';
import type { Dialect, ModelReading, Told, ToolReading } from './dialect.ts';
import { toolViewOf } from './dialect-view.ts';
import type { LogView } from './log-view.ts';
import { readMessages, textMessage } from './read-messages.ts';
import type { CallFacts, SpanRole } from './span-view.ts';

const ROLES = new Map<string, SpanRole>([
  ['claude_code.interaction', 'agent'],
  ['claude_code.llm_request', 'model'],
  ['claude_code.tool', 'tool'],
]);
const EXECUTION = 'claude_code.tool.execution';
const PERMISSION = 'claude_code.tool.blocked_on_user';

/** What all of them begin with. */
const NAMES = 'claude_code.';
const REDACTED = '<REDACTED>';

const model: ModelReading = {
  requestModel: ({ attributes }) => stringOf(attributes, GenAi.REQUEST_MODEL, 'model'),
  responseModel: ({ attributes }) => stringOf(attributes, GenAi.RESPONSE_MODEL),
  provider: ({ attributes }) => stringOf(attributes, GenAi.PROVIDER_NAME, 'gen_ai.system'),
  input: ({ attributes }) => {
    const prompt = stringOf(attributes, 'user_prompt');
    return prompt === undefined || prompt === REDACTED ? [] : [textMessage('user', prompt)];
  },
  output: ({ attributes }) =>
    readMessages(valueOf(attributes, 'response.model_output'), 'assistant'),
  usage: ({ attributes }) => anthropicUsage(attributes),
  finishReasons: ({ attributes }) => {
    const reasons = textsOf(attributes, GenAi.RESPONSE_FINISH_REASONS);
    return reasons.length > 0 ? reasons : textsOf(attributes, 'stop_reason');
  },
  toolDefinitions: () => [],
};

const tool: ToolReading = {
  callName: ({ attributes }) => stringOf(attributes, GenAi.TOOL_NAME, 'tool_name') ?? 'unknown',
  callId: ({ attributes }) => stringOf(attributes, GenAi.TOOL_CALL_ID, 'tool_use_id'),
  type: () => undefined,
  arguments: ({ attributes }) => argumentsOf(attributes),
  result: resultOf,
  exitCode: () => undefined,
  facts: ({ attributes }) => factsOf(attributes),
};

/**
 * Claude Code's own spans (`CLAUDE_CODE_ENHANCED_TELEMETRY_BETA`): one `interaction` for each prompt, in it
 * `llm_request` and `tool`, and in that `tool.blocked_on_user` (who permitted it) and `tool.execution` (how it ended),
 * which are notes about their tool call: the span of the call itself says neither. Run on 2026-11-23 against a model
 * server of our own: `@anthropic-ai/claude-code` 2.1.330.
 */
export const claudeCodeSpans: Dialect = {
  id: 'claude-code',
  speaks: () => 'perhaps',
  matches: (span) =>
    span instanceof WireSpan ? span.nameBeginsWith(NAMES) : span.name.startsWith(NAMES),
  roleOf: ({ name }) => ROLES.get(name) ?? 'other',
  agentName: ({ name }) => (ROLES.get(name) === 'agent' ? CLAUDE_CODE : undefined),
  agentVersion: ({ attributes }) => stringOf(attributes, 'app.version'),
  conversationId: ({ attributes }) => stringOf(attributes, GenAi.CONVERSATION_ID, 'session.id'),
  userId: ({ attributes }) => stringOf(attributes, Core.USER_ID),
  model,
  tool,
  note: noteOf,
};

function noteOf(span: TelemetrySpan): LogView | undefined {
  const { name, attributes } = span;
  const callId = tool.callId(span);
  const common = {
    dialect: claudeCodeSpans.id,
    runKey: undefined,
    conversationId: claudeCodeSpans.conversationId(span),
    userId: claudeCodeSpans.userId(span),
    agentName: CLAUDE_CODE,
    agentVersion: claudeCodeSpans.agentVersion(span),
    callId,
    callSpanId: span.parentSpanId,
  };
  if (name === EXECUTION) return { ...common, role: 'tool', tool: toolViewOf(tool, span) };
  if (name !== PERMISSION) return undefined;
  const records = readPermission(attributes, {
    at: isoTime(span.endTimeUnixNano),
    traceId: span.traceId,
    spanId: span.spanId,
    tool: undefined,
    callId,
  });
  return records && { ...common, role: 'decision', ...records };
}

/**
 * The whole input where it is told; else the parts of it that have names of their own, under the names that the input
 * has for them, so that one call has the same arguments whoever tells of it.
 */
export function argumentsOf(attributes: TelemetryAttributes): unknown {
  const input = structured(attributes.get('tool_input'));
  if (input !== undefined) return input;
  const parameters = structured(attributes.get('tool_parameters'));
  if (mcpNameOf(attributes) !== undefined) return undefined;
  const command = stringOf(attributes, 'full_command') ?? commandIn(parameters);
  if (command !== undefined) {
    const description = isRecord(parameters) ? textField(parameters, 'description') : undefined;
    return { command, ...(description === undefined ? {} : { description }) };
  }
  const path = stringOf(attributes, 'file_path');
  return parameters ?? (path === undefined ? undefined : { file_path: path });
}

function commandIn(parameters: unknown): string | undefined {
  return isRecord(parameters) ? textField(parameters, 'full_command') : undefined;
}

/** What the tool gave stands in an event, under a name that differs by tool. */
function resultOf({ events }: Told): unknown {
  const output = events.find((event) => event.name === 'tool.output')?.attributes;
  return output && (valueOf(output, 'output', 'content') ?? Object.fromEntries(output));
}

/** `success` and `error` as spans and log records say it; records write the boolean as text. */
export function factsOf(attributes: TelemetryAttributes): CallFacts | undefined {
  const success = booleanOf(attributes, 'success') ?? stringOf(attributes, 'success');
  if (success === true || success === 'true') return { status: 'OK', returned: true };
  if (success !== false && success !== 'false') return undefined;
  const type = stringOf(attributes, 'error_type', 'error_class', Core.ERROR_TYPE) ?? 'Error';
  return {
    status: 'ERROR',
    error: { name: type, message: stringOf(attributes, 'error') ?? '' },
  };
}

/** The name of an MCP tool where a record only says that it is one. */
export function mcpNameOf(attributes: TelemetryAttributes): string | undefined {
  const parameters = structured(attributes.get('tool_parameters'));
  if (!isRecord(parameters)) return undefined;
  const { mcp_server_name: server, mcp_tool_name: name } = parameters;
  return typeof server === 'string' && typeof name === 'string'
    ? `mcp__${server}__${name}`
    : undefined;
}
