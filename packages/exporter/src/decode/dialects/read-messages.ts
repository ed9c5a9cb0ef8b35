import { readHistory, readRepeated } from './history-memo.ts';
import type { TelemetryAttributes } from '../telemetry.ts';
import { WireAttributes } from '../wire-attributes.ts';
import { isRecord, structured, textField, valueOf } from './attribute-readers.ts';
import type { Message, OmittedPart, ProposedCall, RepeatedResult } from './span-view.ts';

/** A message as it is read; most have one text, or one call, or one result. */
interface Draft {
  text: string | undefined;
  reasoning: string | undefined;
  toolCalls: ProposedCall[] | undefined;
  toolResults: RepeatedResult[] | undefined;
  omitted: OmittedPart[] | undefined;
}

const NONE: readonly never[] = [];

type Fields = Readonly<Record<string, unknown>>;

/**
 * Messages in OpenTelemetry's form (`{role, parts}`), in the providers' own form (`{role, content, tool_calls}`), or as
 * one bare text. What is not understood is left out, never guessed.
 *
 * @param value an attribute's value: JSON text or the structured value itself
 * @param bareRole the role of a bare text
 */
export function readMessages(value: unknown, bareRole: string): readonly Message[] {
  return readParsed(structured(value), bareRole);
}

/**
 * The messages in the first of the attributes that is there. A history that goes on is read from where the last one
 * ended, without making a text of what it repeats.
 */
export function messagesOf(
  attributes: TelemetryAttributes,
  bareRole: string,
  ...names: readonly string[]
): readonly Message[] {
  if (!(attributes instanceof WireAttributes)) {
    return readMessages(valueOf(attributes, ...names), bareRole);
  }
  for (const name of names) {
    if (!attributes.has(name)) continue;
    const bytes = attributes.textBytes(name);
    const messages = bytes && readHistory(bytes, bareRole, (text) => readList(text, bareRole));
    return messages ?? readMessages(attributes.get(name), bareRole);
  }
  return [];
}

/** A text that is a JSON array. */
function readList(text: string, bareRole: string): readonly Message[] | undefined {
  const parsed = structured(text);
  return Array.isArray(parsed) ? readParsed(parsed, bareRole) : undefined;
}

function readParsed(parsed: unknown, bareRole: string): readonly Message[] {
  if (parsed === undefined || parsed === null) return [];
  if (typeof parsed === 'string') return parsed === '' ? [] : [textMessage(bareRole, parsed)];
  const items = Array.isArray(parsed) ? parsed : [parsed];
  return items.flatMap((item) => {
    if (typeof item === 'string') return [textMessage(bareRole, item)];
    return isRecord(item) ? [readMessage(item, bareRole)] : [];
  });
}

/** System instructions: an array of parts, without roles. */
export function instructionsOf(attributes: TelemetryAttributes, name: string): readonly Message[] {
  const bytes = attributes instanceof WireAttributes ? attributes.textBytes(name) : undefined;
  return bytes === undefined
    ? readInstructions(attributes.get(name))
    : readRepeated(bytes, readInstructions);
}

function readInstructions(value: unknown): readonly Message[] {
  const parsed = structured(value);
  if (parsed === undefined || parsed === null) return [];
  if (typeof parsed === 'string') return [textMessage('system', parsed)];
  const items = Array.isArray(parsed) ? parsed : [parsed];
  return [readMessage({ role: 'system', parts: items }, 'system')];
}

/** A message that is only text. */
export function textMessage(role: string, text: string): Message {
  return { role, text, reasoning: undefined, toolCalls: NONE, toolResults: NONE, omitted: NONE };
}

function readMessage(fields: Fields, bareRole: string): Message {
  const role = textField(fields, 'role') ?? bareRole;
  const draft: Draft = {
    text: undefined,
    reasoning: undefined,
    toolCalls: undefined,
    toolResults: undefined,
    omitted: undefined,
  };
  const callId = textField(fields, 'tool_call_id');
  if (Array.isArray(fields['parts'])) {
    for (const part of fields['parts']) readPart(part, draft);
  } else if (role === 'tool' && !holdsResults(fields['content'])) {
    addResult(draft, callId ?? textField(fields, 'id'), plainText(fields['content']));
  } else {
    readContent(fields['content'], draft);
  }
  readOpenAiCalls(fields['tool_calls'], draft);
  const reasoning = textField(fields, 'reasoning_content') ?? textField(fields, 'reasoning');
  if (reasoning !== undefined) addReasoning(draft, reasoning);
  return {
    role: draft.toolResults !== undefined && draft.text === undefined ? 'tool' : role,
    text: draft.text ?? '',
    reasoning: draft.reasoning,
    toolCalls: draft.toolCalls ?? NONE,
    toolResults: draft.toolResults ?? NONE,
    omitted: draft.omitted ?? NONE,
  };
}

function addText(draft: Draft, text: string): void {
  draft.text = draft.text === undefined ? text : `${draft.text}\n${text}`;
}

function addReasoning(draft: Draft, text: string): void {
  draft.reasoning = draft.reasoning === undefined ? text : `${draft.reasoning}\n${text}`;
}

function addCall(draft: Draft, call: ProposedCall): void {
  if (draft.toolCalls === undefined) draft.toolCalls = [call];
  else draft.toolCalls.push(call);
}

function addResult(draft: Draft, callId: string | undefined, content: unknown): void {
  const result = { callId, content };
  if (draft.toolResults === undefined) draft.toolResults = [result];
  else draft.toolResults.push(result);
}

/** The AI SDK's tool messages hold their results as parts; with everybody else the content is the result. */
function holdsResults(content: unknown): boolean {
  return (
    Array.isArray(content) &&
    content.some((part) => isRecord(part) && RESULT_PARTS.has(part['type']))
  );
}

const RESULT_PARTS: ReadonlySet<unknown> = new Set(['tool-result', 'tool_result']);

function readContent(content: unknown, draft: Draft): void {
  if (typeof content === 'string') {
    if (content !== '') addText(draft, content);
  } else if (Array.isArray(content)) {
    for (const part of content) readPart(part, draft);
  } else if (isRecord(content)) {
    readPart(content, draft);
  }
}

/** A part in OpenTelemetry's, OpenAI's or Anthropic's words. */
function readPart(part: unknown, draft: Draft): void {
  if (typeof part === 'string') {
    addText(draft, part);
    return;
  }
  if (!isRecord(part)) return;
  const type = textField(part, 'type') ?? 'text';
  switch (type) {
    case 'text':
    case 'input_text':
    case 'output_text': {
      const text = textField(part, 'content') ?? textField(part, 'text');
      if (text !== undefined) addText(draft, text);
      return;
    }
    case 'reasoning':
    case 'thinking': {
      const text =
        textField(part, 'content') ?? textField(part, 'text') ?? textField(part, 'thinking');
      if (text !== undefined) addReasoning(draft, text);
      return;
    }
    case 'tool_call':
    case 'tool_use':
    case 'tool-call':
    case 'server_tool_call':
      readCallPart(part, draft);
      return;
    case 'tool_call_response':
    case 'tool_result':
    case 'tool-result':
    case 'server_tool_call_response':
      addResult(
        draft,
        textField(part, 'id') ?? textField(part, 'tool_use_id') ?? textField(part, 'toolCallId'),
        plainText(
          part['response'] ??
            part['result'] ??
            part['content'] ??
            withoutEnvelope(part['output']) ??
            part['server_tool_call_response'],
        ),
      );
      return;
    default: {
      const mimeType = textField(part, 'mime_type');
      const omitted = { type, ...(mimeType === undefined ? {} : { mimeType }) };
      if (draft.omitted === undefined) draft.omitted = [omitted];
      else draft.omitted.push(omitted);
    }
  }
}

function readCallPart(part: Fields, draft: Draft): void {
  const name = textField(part, 'name') ?? textField(part, 'toolName');
  if (name === undefined) return;
  addCall(draft, {
    id: textField(part, 'id') ?? textField(part, 'toolCallId'),
    name,
    arguments: structured(part['arguments'] ?? part['input'] ?? part['args']),
  });
}

function readOpenAiCalls(value: unknown, draft: Draft): void {
  if (!Array.isArray(value)) return;
  for (const call of value) {
    if (!isRecord(call)) continue;
    const inner = isRecord(call['function']) ? call['function'] : call;
    const name = textField(inner, 'name');
    if (name === undefined) continue;
    addCall(draft, {
      id: textField(call, 'id'),
      name,
      arguments: structured(inner['arguments']),
    });
  }
}

/** What kinds of output the AI SDK (5 and later) writes around a result; for errors, what says so stays. */
const OUTPUT_KINDS: ReadonlySet<unknown> = new Set(['text', 'json', 'content']);
const ERROR_KINDS: ReadonlySet<unknown> = new Set(['error-text', 'error-json']);

function withoutEnvelope(output: unknown): unknown {
  if (!isRecord(output) || !Object.hasOwn(output, 'value')) return output;
  if (OUTPUT_KINDS.has(output['type'])) return output['value'];
  return ERROR_KINDS.has(output['type']) ? { error: output['value'] } : output;
}

/** Text parts joined; anything else as it is. */
export function plainText(content: unknown): unknown {
  if (!Array.isArray(content) || content.length === 0) return content;
  const texts = content.map((part) =>
    isRecord(part) && (part['type'] === 'text' || part['type'] === undefined)
      ? (textField(part, 'text') ?? textField(part, 'content'))
      : undefined,
  );
  return texts.every((text) => text !== undefined) ? texts.join('\n') : content;
}
