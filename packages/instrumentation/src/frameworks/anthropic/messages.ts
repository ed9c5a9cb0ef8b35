import { AsyncLocalStorage } from 'node:async_hooks';

import type { AskedCall, ModelCall } from '../../model/model-call.ts';
import type { Delivered, Endpoint } from '../../model/endpoint.ts';
import {
  count,
  fieldsOf,
  listOf,
  resultOf,
  text,
  unparsed,
  type Fields,
} from '../../model/fields.ts';
import { finishReason } from './finish-reason.ts';
import { messagesStream } from './messages-stream.ts';
import { createRefusedUses } from './refused-uses.ts';
import { askedCall } from './rewrite-messages.ts';
import { settleMessages } from './settle-messages.ts';
import type { Messages } from './types.ts';

/** The call whose request is being sent, for the span that the SDK opens for it. */
export const sending = new AsyncLocalStorage<ModelCall>();

/** `messages` and `beta.messages`. */
export function createMessages(): Endpoint {
  const refused = createRefusedUses();
  return {
    ...messages,
    offered: (body, call) => refused.told(withoutRevoked(body, call)),
    settle: (exchange, answer) => settleMessages(exchange, answer, refused),
    stream: (exchange, parts) => messagesStream(exchange, parts, refused),
  };
}

const messages: Omit<Endpoint, 'offered' | 'settle' | 'stream'> = Object.freeze({
  provider: 'anthropic',
  nativeSpan: (resource: object) => (resource as Messages)._client?._tracer !== undefined,
  // A helper that streams hands over the span of its one request.
  optionsAgain: (options: unknown) =>
    '__span' in fieldsOf(options) ? { ...fieldsOf(options), __span: undefined } : options,
  around: <T>(call: ModelCall, send: () => T): T => sending.run(call, send),
  results: (body: Fields) => {
    const asked = new Map<string | undefined, AskedCall>();
    return listOf(body['messages'])
      .flatMap((message) => listOf(message['content']))
      .flatMap((block) => {
        const call = askedCall(block);
        if (call !== undefined) asked.set(call.toolCallId, call);
        const toolCallId = text(block['tool_use_id']);
        if (block['type'] !== 'tool_result' || toolCallId === undefined) return [];
        const { content } = block;
        const result = block['is_error'] === true ? asError(content) : resultOf(content);
        return [{ toolCallId, source: block, asked: asked.get(toolCallId), result }];
      });
  },
  tools: (body: Fields) =>
    listOf(body['tools']).map((tool) => ({
      name: nameOf(tool),
      description: text(tool['description']),
      inputSchema: tool['input_schema'],
    })),
  conversationId: () => undefined,
  attributes: (body: Fields) => ({
    'gen_ai.request.max_tokens': count(body['max_tokens']),
    'gen_ai.request.temperature': count(body['temperature']),
    'gen_ai.request.top_p': count(body['top_p']),
    'gen_ai.request.top_k': count(body['top_k']),
  }),
  inputMessages: (body: Fields) => listOf(body['messages']).map(messageOf),
  withResults,
  response: (answer: Fields) => {
    const usage = fieldsOf(answer['usage']);
    return {
      model: text(answer['model']),
      id: text(answer['id']),
      finishReason: finishReason(answer['stop_reason']),
      inputTokens: count(usage['input_tokens']),
      outputTokens: count(usage['output_tokens']),
      cacheReadTokens: count(usage['cache_read_input_tokens']),
      reasoningTokens: undefined,
    };
  },
  outputMessages: (answer: Fields) => [
    { ...messageOf(answer), finish_reason: finishReason(answer['stop_reason']) },
  ],
});

/** A result that the application calls an error, as tools of MCP have it. */
function asError(content: unknown): Fields {
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return { isError: true, content: parts };
}

/** Tools of the provider have a name too, but for those of its MCP connector, which are their server's. */
function nameOf(tool: Fields): string {
  return text(tool['name']) ?? text(tool['mcp_server_name']) ?? text(tool['type']) ?? '';
}

/** A tool of the application has a schema; what has none is run by the provider, or by a runner. */
function isOwn(tool: Fields): boolean {
  return 'input_schema' in tool;
}

/** A choice that names a tool which is gone would be refused by the provider. */
function withoutRevoked(body: Fields, call: ModelCall): Fields {
  const tools = listOf(body['tools']);
  const servers = listOf(body['mcp_servers']);
  const keeps = (tool: Fields): boolean =>
    (isOwn(tool) && !call.judgesTools) || call.offers(nameOf(tool));
  const keptServers = servers.filter((server) => call.offers(text(server['name']) ?? ''));
  const kept = tools.filter(keeps);
  if (kept.length === tools.length && keptServers.length === servers.length) return body;
  const { tools: _tools, mcp_servers: _servers, tool_choice: choice, ...rest } = body;
  const chosen = fieldsOf(choice)['name'];
  const isGone = text(chosen) !== undefined && !kept.some((tool) => nameOf(tool) === chosen);
  return {
    ...rest,
    ...(keptServers.length === 0 ? {} : { mcp_servers: keptServers }),
    ...(kept.length === 0 ? {} : { tools: kept }),
    ...(kept.length === 0 || choice === undefined || choice === null
      ? {}
      : { tool_choice: isGone ? { type: 'auto' } : choice }),
  };
}

function withResults(body: Fields, delivered: Delivered): Fields {
  if (delivered.size === 0) return body;
  const replaced = (block: Fields): Fields => {
    const told = delivered.get(block);
    if (told === undefined) return block;
    if (told.kind === 'withheld') return { ...block, content: told.message, is_error: true };
    const { result } = told;
    const content = block['is_error'] === true ? fieldsOf(result)['content'] : unparsed(result);
    return { ...block, content };
  };
  const changed = (body['messages'] as readonly unknown[]).map((message) => {
    const { content } = fieldsOf(message);
    return Array.isArray(content)
      ? { ...fieldsOf(message), content: content.map((block) => replaced(fieldsOf(block))) }
      : message;
  });
  return { ...body, messages: changed };
}

/** A message in OpenTelemetry's form. Files and pictures are named, not copied. */
function messageOf({ role, content }: Fields): Fields {
  if (typeof content === 'string') return { role, parts: [{ type: 'text', content }] };
  return { role, parts: listOf(content).map(partOf) };
}

function partOf(block: Fields): Fields {
  switch (block['type']) {
    case 'text':
      return { type: 'text', content: block['text'] };
    case 'tool_use':
      return {
        type: 'tool_call',
        id: block['id'],
        name: block['name'],
        arguments: block['input'],
      };
    case 'tool_result':
      return {
        type: 'tool_call_response',
        id: block['tool_use_id'],
        response: block['content'],
      };
    default:
      return { type: block['type'] };
  }
}
