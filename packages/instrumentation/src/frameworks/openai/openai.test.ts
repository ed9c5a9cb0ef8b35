import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { beginModelCall, type DeliveredResult, type ModelCall } from '../../model/model-call.ts';
import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { containment, newScope, rule } from '../../testing/guard-fixture.ts';
import { startRecordingSdk } from '../../testing/recording-sdk.ts';
import { createChat } from './chat.ts';
import type { Endpoint, Exchange } from '../../model/endpoint.ts';
import { listOf, type Fields } from '../../model/fields.ts';
import { createResponses } from './responses.ts';
import { refusalItem } from './responses-items.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
beforeEach(async () => {
  fixture = createAdapterFixture();
  await fixture.enforce([
    rule('block', { with: { message: 'closed' } }),
    {
      ...rule('transform'),
      id: 'less',
      match: { tool: 'pay' },
      with: { transforms: [{ pointer: '/n', set: 1 }] },
    },
  ]);
});
afterEach(() => sdk.reset());

function begin(more: Partial<Parameters<typeof beginModelCall>[1]> = {}): ModelCall {
  const request = { provider: 'openai', model: 'm', signal: undefined, results: [], ...more };
  const call = fixture.scopes.run(newScope(), () => beginModelCall(fixture.runtime, request));
  void call.prepare();
  return call;
}

function exchange(more: Partial<Exchange> = {}): Exchange {
  const { body = {} } = more;
  return { call: begin(), body, asked: body, mayAskAgain: false, ...more };
}

const CALLS = [
  ['refund', 'a', '{"n":5}'],
  ['look', 'b', '{"q":1}'],
  ['pay', 'c', '{"n":5}'],
] as const;

async function collect(endpoint: Endpoint, parts: readonly Fields[]): Promise<readonly Fields[]> {
  const got: Fields[] = [];
  const stream = endpoint.stream(
    exchange(),
    (async function* () {
      yield* parts;
    })(),
  );
  for await (const part of stream) got.push(part as Fields);
  return got;
}

describe('chat completions', () => {
  const chat = createChat();
  const calls = CALLS.map(([name, id, given]) => ({
    id,
    type: 'function',
    function: { name, arguments: given },
  }));
  const answer = (tool_calls: readonly unknown[]) => ({
    choices: [{ finish_reason: 'tool_calls', message: { content: null, tool_calls } }],
  });
  const chunk = (delta: object, finish_reason: string | null = null): Fields => ({
    id: 'x',
    choices: [{ index: 0, delta, finish_reason }],
  });

  test('an answer reaches the application without what was refused, with other arguments where a rule says so', async () => {
    const given = answer(calls);
    await chat.settle(exchange(), given);
    expect(given.choices[0]?.message).toEqual({
      content: null,
      tool_calls: [calls[1], { ...calls[2], function: { name: 'pay', arguments: '{"n":1}' } }],
    });
    expect(given.choices[0]?.finish_reason).toBe('tool_calls');
  });

  test('an answer of which nothing is left asks for nothing', async () => {
    const given = answer([calls[0]]);
    await chat.settle(exchange(), given);
    expect(given.choices).toEqual([{ finish_reason: 'stop', message: { content: 'closed' } }]);
  });

  test('what was refused beside others is put back into the next request, each time, and into no other conversation', async () => {
    const given = answer(calls);
    await chat.settle(exchange(), given);
    const [choice] = given.choices;
    const result = { role: 'tool', tool_call_id: 'b', content: 'found' };
    const body = { messages: [{ role: 'assistant', ...choice?.message }, result] };
    const another = { messages: [{ role: 'user', content: 'me too' }, ...body.messages] };
    expect(chat.offered(another, begin())).toBe(another);
    const otherArguments = { ...calls[1], function: { name: 'look', arguments: '{"q":2}' } };
    const other = {
      messages: [{ role: 'assistant', content: null, tool_calls: [otherArguments, calls[2]] }],
    };
    expect(chat.offered(other, begin())).toBe(other);
    for (let times = 0; times < 2; times += 1) {
      const told = chat.offered(body, begin());
      const { messages } = told as { readonly messages: readonly Fields[] };
      expect(messages.map(({ role, tool_call_id: id }) => id ?? role)).toEqual([
        'assistant',
        'a',
        'b',
      ]);
      expect(listOf(messages[0]?.['tool_calls']).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
      expect(messages[1]?.['content']).toBe('closed');
    }
  });

  test('a model all of whose calls were refused is told and asked again, and not forced to ask for the same', async () => {
    const body = { model: 'm', messages: [{ role: 'user' }], tool_choice: 'required' };
    const said = { role: 'assistant', content: null, tool_calls: [calls[0]] };
    const told = { role: 'tool', tool_call_id: 'a', content: 'closed' };
    const next = { model: 'm', tool_choice: 'auto', messages: [{ role: 'user' }, said, told] };
    const asking = exchange({ body, mayAskAgain: true });
    expect(await chat.settle(asking, answer([calls[0]]))).toEqual(next);
    const parts = (async function* () {
      yield chunk({ tool_calls: [{ index: 0, ...calls[0] }] });
      yield chunk({}, 'tool_calls');
    })();
    const stream = chat.stream(exchange({ body, mayAskAgain: true }), parts);
    const end = await stream.next();
    expect(end.done === true && end.value.again?.body).toEqual({
      ...next,
      messages: [{ role: 'user' }, { ...said, content: '' }, told],
    });
  });

  test('a framework’s own tool calls are left to it', async () => {
    const given = answer(calls);
    const scope = { ...newScope(), framework: '@openai/agents-core' };
    const request = { provider: 'openai', model: 'm', signal: undefined, results: [] };
    const call = fixture.scopes.run(scope, () => beginModelCall(fixture.runtime, request));
    await chat.settle(exchange({ call }), given);
    expect(given).toEqual(answer(calls));
  });

  test('a stream waits with its tool calls and gives those that are left', async () => {
    const pieces = calls.flatMap(({ function: { name, arguments: given }, ...call }, index) => [
      chunk({ tool_calls: [{ index, ...call, function: { name, arguments: '' } }] }),
      chunk({ tool_calls: [{ index, function: { arguments: given.slice(0, 3) } }] }),
      chunk({ tool_calls: [{ index, function: { arguments: given.slice(3) } }] }),
    ]);
    const usage = { id: 'x', choices: [], usage: { prompt_tokens: 1 } };
    const got = await collect(chat, [
      chunk({ role: 'assistant', content: 'so' }),
      ...pieces,
      chunk({}, 'tool_calls'),
      usage,
    ]);
    expect(got).toEqual([
      chunk({ role: 'assistant', content: 'so' }),
      chunk({ tool_calls: [{ index: 0, ...calls[1] }] }),
      chunk({
        tool_calls: [{ index: 1, ...calls[2], function: { name: 'pay', arguments: '{"n":1}' } }],
      }),
      chunk({}, 'tool_calls'),
      usage,
    ]);
  });

  test('calls of a stream that all have the number 0 are told apart by their ids', async () => {
    const got = await collect(chat, [
      ...[calls[1], calls[0]].map((call) => chunk({ tool_calls: [{ index: 0, ...call }] })),
      chunk({}, 'tool_calls'),
    ]);
    expect(got).toEqual([
      chunk({ tool_calls: [{ index: 0, ...calls[1] }] }),
      chunk({}, 'tool_calls'),
    ]);
  });

  test('a stream passes everything on as it comes where nothing can be refused', async () => {
    await fixture.enforce([]);
    fixture = createAdapterFixture();
    const parts = [chunk({ tool_calls: [{ index: 0, ...calls[0] }] }), chunk({}, 'tool_calls')];
    const seen: unknown[] = [];
    const stream = chat.stream(
      exchange(),
      (async function* () {
        for (const part of parts) {
          yield part;
          seen.push('asked for more');
        }
      })(),
    );
    expect((await stream.next()).value).toBe(parts[0]);
    expect(seen).toEqual([]);
    expect((await stream.next()).value).toBe(parts[1]);
    await stream.next();
    expect(fixture.proposals.size).toBe(1);
  });

  test('what is revoked is not offered, nor chosen', async () => {
    await fixture.enforce(
      [],
      [containment(), containment({ id: 'c2', scope: { tool: 'web_search' } })],
    );
    const tool = (name: string) => ({ type: 'function', function: { name } });
    const choice = { type: 'function', function: { name: 'refund' } };
    const body = {
      tools: [tool('refund'), tool('look')],
      tool_choice: choice,
      web_search_options: {},
    };
    expect(chat.offered(body, begin())).toEqual({
      tools: [tool('look')],
      tool_choice: 'auto',
    });
    expect(chat.offered({ tools: [tool('refund')], tool_choice: choice }, begin())).toEqual({});
    const kept = { tools: [tool('look')] };
    expect(chat.offered(kept, begin())).toBe(kept);
  });

  test('results are read as the values that they are, and written back as they were', () => {
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'tool', tool_call_id: 'a', content: '{"ok":true}' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'plain' }] },
    ];
    expect(chat.results({ messages })).toEqual([
      { toolCallId: 'a', source: messages[1], asked: undefined, result: { ok: true } },
      { toolCallId: 'b', source: messages[2], asked: undefined, result: 'plain' },
    ]);
    const told = new Map<object, DeliveredResult>([
      [messages[1] ?? {}, { kind: 'changed', result: { ok: 0 } }],
      [messages[2] ?? {}, { kind: 'withheld', message: 'no' }],
    ]);
    expect(chat.withResults({ messages }, told)['messages']).toEqual([
      messages[0],
      { role: 'tool', tool_call_id: 'a', content: '{"ok":0}' },
      { role: 'tool', tool_call_id: 'b', content: 'no' },
    ]);
  });
});

describe('responses', () => {
  const items = CALLS.map(([name, call_id, given]) => ({
    id: `fc_${call_id}`,
    type: 'function_call',
    call_id,
    name,
    arguments: given,
  }));
  const refused = {
    id: refusalItem(items[0] ?? {}, 'closed')['id'],
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'closed', annotations: [] }],
  };

  test('an answer has words in place of what was refused, and the provider gets the output that it waits for', async () => {
    const responses = createResponses();
    const answer = { id: 'r1', output: [...items], output_text: '' };
    await responses.settle(exchange(), answer);
    expect(answer.output).toEqual([refused, items[1], { ...items[2], arguments: '{"n":1}' }]);
    expect(answer.output_text).toBe('closed');
    const body = { previous_response_id: 'r1', input: 'go on' };
    const told = { type: 'function_call_output', call_id: 'a', output: 'closed' };
    const next = responses.offered(body, begin());
    expect(next['input']).toEqual([told, { role: 'user', content: 'go on' }]);
    // After a failure the application asks once more.
    expect(responses.offered(body, begin())).toEqual(next);
    const other = { previous_response_id: 'r2', input: 'go on' };
    expect(responses.offered(other, begin())).toBe(other);
  });

  test('what was refused is a call with its output again where the application keeps the conversation', async () => {
    const responses = createResponses();
    const answer = { id: 'r1', output: [...items], output_text: '' };
    await responses.settle(exchange(), answer);
    const output = { type: 'function_call_output', call_id: 'a', output: 'closed' };
    const told = responses.offered({ input: answer.output }, begin());
    expect(told['input']).toEqual([items[0], output, ...answer.output.slice(1)]);
    // Another conversation, whose server numbers its calls alike.
    const other = { id: 'r2', output: [{ ...items[0], arguments: '{"n":6}' }], output_text: '' };
    const theirs = [...other.output];
    await responses.settle(exchange(), other);
    const both = responses.offered({ input: answer.output }, begin());
    expect(both['input']).toEqual(told['input']);
    expect(responses.offered({ input: other.output }, begin())['input']).toEqual([
      ...theirs,
      output,
    ]);
  });

  test('a model all of whose calls were refused is told and asked again, and its parts follow on', async () => {
    const reasoning = { id: 'rs', type: 'reasoning' };
    const output = [reasoning, items[0]];
    const asking = exchange({ body: { input: 'hi' }, mayAskAgain: true });
    const told = { type: 'function_call_output', call_id: 'a', output: 'closed' };
    const next = { input: [{ role: 'user', content: 'hi' }, ...output, told] };
    expect(await createResponses().settle(asking, { output })).toEqual(next);
    const parts = (async function* () {
      yield { type: 'response.output_item.added', output_index: 1, item: items[0] };
      yield { type: 'response.completed', response: { id: 'r1', output } };
    })();
    const responses = createResponses();
    const end = await responses.stream(asking, parts).next();
    const again = end.done === true ? end.value.again : undefined;
    expect(again?.body).toEqual(next);
    expect(again?.follow({ type: 'response.created' })).toBeUndefined();
    expect(again?.follow({ type: 'x', output_index: 0 })).toEqual({ type: 'x', output_index: 1 });
    const second = { id: 'r2', output: [refused] };
    expect(again?.follow({ type: 'response.completed', response: second })).toMatchObject({
      response: { id: 'r1', output: [reasoning, refused] },
    });
    const later = responses.offered({ previous_response_id: 'r1', input: 'x' }, begin());
    expect(later['previous_response_id']).toBe('r2');
  });

  test('a stream waits with its tool calls and gives whole those that are left', async () => {
    const events = items.flatMap((item, output_index) => [
      { type: 'response.output_item.added', output_index, item: { ...item, arguments: '' } },
      { type: 'response.function_call_arguments.delta', output_index, delta: item.arguments },
      { type: 'response.output_item.done', output_index, item },
    ]);
    const end = { type: 'response.completed', response: { id: 'r1', output: items } };
    const got = await collect(createResponses(), [{ type: 'response.created' }, ...events, end]);
    const added = got.filter(({ type }) => type === 'response.output_item.done');
    expect(added.map(({ item }) => item)).toEqual([
      refused,
      items[1],
      { ...items[2], arguments: '{"n":1}' },
    ]);
    expect(JSON.stringify(got)).not.toContain('"name":"refund"');
    expect(got.at(-1)).toEqual({
      type: 'response.completed',
      response: { id: 'r1', output: added.map(({ item }) => item) },
    });
  });

  test('a stream that breaks off passes no call on', async () => {
    const added = { type: 'response.output_item.added', output_index: 0, item: items[1] };
    const delta = { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{' };
    expect(await collect(createResponses(), [added, delta])).toEqual([]);
  });

  test('tools of the provider are taken out when they are revoked, also from a framework’s request', async () => {
    const revoked = ['web_search', 'read_page'].map((tool) =>
      containment({ id: tool, scope: { tool } }),
    );
    await fixture.enforce([], [...revoked, containment()]);
    const own = { type: 'function', name: 'refund' };
    const server = { type: 'mcp', server_label: 'docs', allowed_tools: ['read_page', 'search'] };
    const body = { tools: [{ type: 'web_search_preview_2025_03_11' }, server, own] };
    const left = { ...server, allowed_tools: ['search'] };
    const responses = createResponses();
    expect(responses.offered(body, begin())).toEqual({ tools: [left] });
    const scope = { ...newScope(), framework: '@openai/agents-core' };
    const request = { provider: 'openai', model: 'm', signal: undefined, results: [] };
    const call = fixture.scopes.run(scope, () => beginModelCall(fixture.runtime, request));
    expect(responses.offered(body, call)).toEqual({ tools: [left, own] });
  });

  test('what the provider ran is recorded: a failed call of its MCP server as one that failed', async () => {
    const mcp = {
      type: 'mcp_call',
      id: 'm',
      name: 'search',
      arguments: '{}',
      error: 'no such page',
    };
    const search = {
      type: 'web_search_call',
      id: 'w',
      status: 'completed',
      action: { query: 'q' },
    };
    await createResponses().settle(exchange(), { output: [mcp, search] });
    const outcome = (tool: string): unknown =>
      sdk.span(`execute_tool ${tool}`).attributes['aftertrace.tool.outcome'];
    expect(outcome('search')).toBe('failed');
    expect(outcome('web_search')).toBe('unknown');
  });
});
