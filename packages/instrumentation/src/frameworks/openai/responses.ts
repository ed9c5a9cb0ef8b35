import type { Verdict } from '../../model/judge-answer.ts';
import type { AskedCall } from '../../model/model-call.ts';
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
import { askedCall, namesOf, providedCall } from './responses-items.ts';
import { askedAgain, conversationOf, createRefusals, type Refusals } from './responses-refusals.ts';
import { responsesStream } from './responses-stream.ts';
import { rewriteAnswer, seeProvided } from './rewrite-responses.ts';
import { withoutRevoked } from './responses-tools.ts';

/** `responses`. */
export function createResponses(): Endpoint {
  const refusals = createRefusals();
  return {
    results,
    tools: (body) =>
      listOf(body['tools']).map((tool) => ({
        name: namesOf(tool).at(-1) ?? '',
        description: text(tool['description']),
        inputSchema: tool['parameters'],
      })),
    conversationId: conversationOf,
    attributes: (body) => ({
      'gen_ai.request.max_tokens': count(body['max_output_tokens']),
      'gen_ai.request.temperature': count(body['temperature']),
      'gen_ai.request.top_p': count(body['top_p']),
    }),
    inputMessages: (body) => {
      const { input } = body;
      if (typeof input !== 'string') return listOf(input).map(messageOf);
      return [{ role: 'user', parts: [{ type: 'text', content: input }] }];
    },
    offered: (body, call) => refusals.told(withoutRevoked(body, call)),
    withResults,
    settle: (exchange, answer) => settle(exchange, answer, refusals),
    response,
    outputMessages: (answer) => listOf(answer['output']).map(messageOf),
    stream: (exchange, parts) => responsesStream(exchange, parts, refusals),
  };
}

function results(body: Fields): ReturnType<Endpoint['results']> {
  const asked = new Map<string | undefined, AskedCall>();
  return listOf(body['input']).flatMap((item) => {
    const call = askedCall(item);
    if (call !== undefined) asked.set(call.toolCallId, call);
    const toolCallId = text(item['call_id']);
    if (toolCallId === undefined || !isOutput(item)) return [];
    const result = resultOf(item['output']);
    return [{ toolCallId, source: item, asked: asked.get(toolCallId), result }];
  });
}

function isOutput({ type }: Fields): boolean {
  return typeof type === 'string' && type.endsWith('_call_output');
}

function withResults(body: Fields, delivered: Delivered): Fields {
  if (delivered.size === 0) return body;
  const input = (body['input'] as readonly unknown[]).map((item) => {
    const fields = fieldsOf(item);
    const told = delivered.get(fields);
    if (told === undefined) return item;
    const output = told.kind === 'changed' ? unparsed(told.result) : told.message;
    return { ...fields, output };
  });
  return { ...body, input };
}

function settle(
  exchange: Exchange,
  answer: Fields,
  refusals: Refusals,
): ReturnType<Endpoint['settle']> {
  const { call } = exchange;
  const output = listOf(answer['output']);
  for (const item of output) seeProvided(call, item);
  if (!call.judgesTools) return undefined;
  const items = output.filter((item) => askedCall(item) !== undefined);
  if (items.length === 0) return undefined;
  const rewrite = (verdicts: readonly Verdict[]): Fields | undefined => {
    const judged = { items, verdicts };
    const again = askedAgain(exchange, output, judged);
    if (again !== undefined) return again;
    refusals.note(answer, judged);
    rewriteAnswer(answer, judged);
    return undefined;
  };
  const verdicts = call.judge(items.flatMap((item) => askedCall(item) ?? []));
  return verdicts instanceof Promise ? verdicts.then(rewrite) : rewrite(verdicts);
}

/** The facts of an answer. */
function response(answer: Fields): ReturnType<Endpoint['response']> {
  const usage = fieldsOf(answer['usage']);
  return {
    model: text(answer['model']),
    id: text(answer['id']),
    finishReason: finishReason(answer),
    inputTokens: count(usage['input_tokens']),
    outputTokens: count(usage['output_tokens']),
    cacheReadTokens: count(fieldsOf(usage['input_tokens_details'])['cached_tokens']),
    reasoningTokens: count(fieldsOf(usage['output_tokens_details'])['reasoning_tokens']),
  };
}

function finishReason(answer: Fields): string | undefined {
  if (answer['status'] === 'failed') return 'error';
  const { reason } = fieldsOf(answer['incomplete_details']);
  if (reason === 'max_output_tokens') return 'length';
  if (typeof reason === 'string') return reason;
  if (listOf(answer['output']).some((item) => askedCall(item) !== undefined)) return 'tool_call';
  return answer['status'] === 'completed' ? 'stop' : undefined;
}

/** An item in OpenTelemetry's form. Files and pictures are named, not copied. */
function messageOf(item: Fields): Fields {
  if (isOutput(item)) {
    const { call_id: id, output } = item;
    return { role: 'tool', parts: [{ type: 'tool_call_response', id, response: output }] };
  }
  const call = askedCall(item) ?? providedCall(item)?.call;
  if (call !== undefined) {
    const { tool: name, toolCallId: id, arguments: args } = call;
    return { role: 'assistant', parts: [{ type: 'tool_call', id, name, arguments: args }] };
  }
  const { role, content, type } = item;
  if (typeof content === 'string') return { role, parts: [{ type: 'text', content }] };
  const parts = listOf(content).map((part) =>
    text(part['text']) === undefined
      ? { type: part['type'] }
      : { type: 'text', content: part['text'] },
  );
  return { role: role ?? 'assistant', parts: parts.length === 0 ? [{ type }] : parts };
}
