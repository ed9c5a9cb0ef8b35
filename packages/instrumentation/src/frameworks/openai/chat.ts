import type { Verdict } from '../../model/judge-answer.ts';
import type { AskedCall, ModelCall } from '../../model/model-call.ts';
import { chatStream } from './chat-stream.ts';
import type { Delivered, Endpoint, Exchange } from '../../model/endpoint.ts';
import {
  count,
  fieldsOf,
  listOf,
  resultOf,
  text,
  unparsed,
  type Fields,
} from '../../model/fields.ts';
import { askedAgain, createRefusedCalls, type RefusedCalls } from './refused-calls.ts';
import { askedCall, callsIn, callsOf, rewriteChoice } from './rewrite-chat.ts';

/** `chat.completions`. */
export function createChat(): Endpoint {
  const refused = createRefusedCalls();
  return {
    ...chat,
    offered: (body, call) => refused.told(withoutRevoked(body, call)),
    settle: (exchange, answer) => settle(exchange, answer, refused),
    stream: (exchange, parts) => chatStream(exchange, parts, refused),
  };
}

const chat: Omit<Endpoint, 'offered' | 'settle' | 'stream'> = Object.freeze({
  results: (body: Fields) => {
    const asked = new Map<string | undefined, AskedCall | undefined>();
    return listOf(body['messages']).flatMap((message) => {
      for (const call of callsIn(message)) asked.set(text(call['id']) ?? '', askedCall(call));
      const { role } = message;
      const toolCallId = role === 'function' ? '' : text(message['tool_call_id']);
      if ((role !== 'tool' && role !== 'function') || toolCallId === undefined) return [];
      const result = resultOf(message['content']);
      return [{ toolCallId, source: message, asked: asked.get(toolCallId), result }];
    });
  },
  tools: (body: Fields) =>
    [...listOf(body['tools']), ...oldTools(body)].map((tool) => {
      const { name, description, parameters } = fieldsOf(tool['function'] ?? tool['custom']);
      return { name: text(name) ?? '', description: text(description), inputSchema: parameters };
    }),
  conversationId: () => undefined,
  attributes: (body: Fields) => ({
    'gen_ai.request.max_tokens': count(body['max_completion_tokens']) ?? count(body['max_tokens']),
    'gen_ai.request.temperature': count(body['temperature']),
    'gen_ai.request.top_p': count(body['top_p']),
    'gen_ai.request.seed': count(body['seed']),
    'gen_ai.request.frequency_penalty': count(body['frequency_penalty']),
    'gen_ai.request.presence_penalty': count(body['presence_penalty']),
  }),
  inputMessages: (body: Fields) => listOf(body['messages']).map(messageOf),
  withResults,
  response: (answer: Fields) => {
    const usage = fieldsOf(answer['usage']);
    return {
      model: text(answer['model']),
      id: text(answer['id']),
      finishReason: finishReason(listOf(answer['choices'])[0]?.['finish_reason']),
      inputTokens: count(usage['prompt_tokens']),
      outputTokens: count(usage['completion_tokens']),
      cacheReadTokens: count(fieldsOf(usage['prompt_tokens_details'])['cached_tokens']),
      reasoningTokens: count(fieldsOf(usage['completion_tokens_details'])['reasoning_tokens']),
    };
  },
  outputMessages: (answer: Fields) =>
    listOf(answer['choices']).map((choice) => ({
      ...messageOf(fieldsOf(choice['message'])),
      finish_reason: finishReason(choice['finish_reason']),
    })),
});

/** Finish reasons of OpenAI in the words of OpenTelemetry. */
function finishReason(reason: unknown): string | undefined {
  return reason === 'tool_calls' || reason === 'function_call' ? 'tool_call' : text(reason);
}

/** The deprecated `functions`, as tools. */
function oldTools(body: Fields): readonly Fields[] {
  return listOf(body['functions']).map((about) => ({ function: about }));
}

/** Without revoked tools, in both forms. */
function withoutRevoked(body: Fields, call: ModelCall): Fields {
  return withoutRevokedFunctions(withoutRevokedTools(body, call), call);
}

function withoutRevokedFunctions(body: Fields, call: ModelCall): Fields {
  const functions = listOf(body['functions']);
  if (functions.length === 0 || !call.judgesTools) return body;
  const kept = functions.filter(({ name }) => call.offers(text(name) ?? ''));
  if (kept.length === functions.length) return body;
  const { functions: _functions, function_call: choice, ...rest } = body;
  if (kept.length === 0) return rest;
  const chosen = text(fieldsOf(choice)['name']);
  const isGone = chosen !== undefined && !kept.some(({ name }) => name === chosen);
  const chooses = choice === undefined ? {} : { function_call: isGone ? 'auto' : choice };
  return { ...rest, functions: kept, ...chooses };
}

/** A choice that names a tool which is gone would be refused by the provider. */
function withoutRevokedTools(body: Fields, call: ModelCall): Fields {
  const searches = body['web_search_options'] !== undefined && !call.offers('web_search');
  const tools = listOf(body['tools']);
  const nameOf = (tool: Fields): string =>
    text(fieldsOf(tool['function'] ?? tool['custom'])['name']) ?? '';
  const kept = call.judgesTools ? tools.filter((tool) => call.offers(nameOf(tool))) : tools;
  if (kept.length === tools.length && !searches) return body;
  const { tools: _tools, web_search_options: search, ...rest } = body;
  const others = searches || search === undefined ? rest : { ...rest, web_search_options: search };
  if (tools.length === 0) return others;
  if (kept.length === 0) {
    const { tool_choice: _choice, parallel_tool_calls: _parallel, ...none } = others;
    return none;
  }
  const { tool_choice: choice } = body;
  const chosen = typeof choice === 'object' ? nameOf(fieldsOf(choice)) : '';
  const isGone = chosen !== '' && !kept.some((tool) => nameOf(tool) === chosen);
  return { ...others, tools: kept, ...(isGone ? { tool_choice: 'auto' } : {}) };
}

function withResults(body: Fields, delivered: Delivered): Fields {
  if (delivered.size === 0) return body;
  const messages = (body['messages'] as readonly unknown[]).map((message) => {
    const told = delivered.get(fieldsOf(message));
    if (told === undefined) return message;
    const content = told.kind === 'changed' ? unparsed(told.result) : told.message;
    return { ...fieldsOf(message), content };
  });
  return { ...body, messages };
}

function settle(
  exchange: Exchange,
  answer: Fields,
  refused: RefusedCalls,
): ReturnType<Endpoint['settle']> {
  const { call } = exchange;
  if (!call.judgesTools) return undefined;
  const choices = listOf(answer['choices']);
  const asked = choices.map(callsOf);
  if (asked.every((calls) => calls.length === 0)) return undefined;
  const verdicts = call.judge(asked.flat().flatMap((each) => askedCall(each) ?? []));
  const rewrite = (judged: readonly Verdict[]): Fields | undefined => {
    if (judged.every(({ kind }) => kind === 'as_is')) return undefined;
    const [choice] = choices;
    const [calls] = asked;
    if (choices.length === 1 && choice !== undefined && calls !== undefined) {
      const message = fieldsOf(choice['message']);
      const again = askedAgain(exchange, message, { calls, verdicts: judged });
      if (again !== undefined) return again;
    }
    let from = 0;
    for (const [index, own] of asked.entries()) {
      const verdictsOfChoice = judged.slice(from, (from += own.length));
      if (verdictsOfChoice.every(({ kind }) => kind === 'as_is')) continue;
      const about = { calls: own, verdicts: verdictsOfChoice };
      refused.note(exchange.asked, about);
      rewriteChoice(choices[index] as Record<string, unknown>, about);
    }
    return undefined;
  };
  return verdicts instanceof Promise ? verdicts.then(rewrite) : rewrite(verdicts);
}

/** A message in OpenTelemetry's form. Files and pictures are named, not copied. */
function messageOf(message: Fields): Fields {
  const { role, content, tool_call_id: id } = message;
  if (role === 'tool' || role === 'function') {
    return { role: 'tool', parts: [{ type: 'tool_call_response', id, response: content }] };
  }
  const parts: unknown[] = typeof content === 'string' ? [{ type: 'text', content }] : [];
  for (const part of listOf(content)) {
    parts.push(
      part['type'] === 'text' ? { type: 'text', content: part['text'] } : { type: part['type'] },
    );
  }
  for (const call of callsIn(message)) {
    const asked = askedCall(call);
    if (asked === undefined) continue;
    const { tool, toolCallId, arguments: args } = asked;
    parts.push({ type: 'tool_call', id: toolCallId, name: tool, arguments: args });
  }
  return { role, parts };
}
