import { beforeEach, expect, test } from 'vitest';

import type { Endpoint, Exchange } from '../../model/endpoint.ts';
import type { Fields } from '../../model/fields.ts';
import { beginModelCall, type ModelCall } from '../../model/model-call.ts';
import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { containment, newScope, rule } from '../../testing/guard-fixture.ts';
import { startRecordingSdk } from '../../testing/recording-sdk.ts';
import { createChat } from './chat.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
let chat: Endpoint;
beforeEach(async () => {
  sdk.reset();
  fixture = createAdapterFixture();
  chat = createChat();
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

function begin(results: Parameters<typeof beginModelCall>[1]['results'] = []): ModelCall {
  const request = { provider: 'openai', model: 'm', signal: undefined, results };
  return beginModelCall(fixture.runtime, request);
}

function exchange(body: Fields = {}, mayAskAgain = false): Exchange {
  const call = fixture.scopes.run(newScope(), () => begin());
  void call.prepare();
  return { call, body, asked: body, mayAskAgain };
}

const PROMPT = { role: 'user', content: 'refund A1' };
const REFUND = { name: 'refund', arguments: '{"n":5}' };
const PAY = { name: 'pay', arguments: '{"n":5}' };
const LOOK = { name: 'look', arguments: '{"q":1}' };

function answer(function_call: object): { choices: [{ finish_reason: string; message: Fields }] } {
  const message = { role: 'assistant', content: null, function_call };
  return { choices: [{ finish_reason: 'function_call', message }] };
}

test('a call in the deprecated form is judged: refused, or with other arguments', async () => {
  const refused = answer(REFUND);
  await chat.settle(exchange(), refused);
  expect(refused.choices).toEqual([
    { finish_reason: 'stop', message: { role: 'assistant', content: 'closed' } },
  ]);
  const changed = answer(PAY);
  await chat.settle(exchange(), changed);
  expect(changed.choices[0].message['function_call']).toEqual({ ...PAY, arguments: '{"n":1}' });
});

test('the model is told of a refusal in its own form, and may answer', async () => {
  const body = { messages: [PROMPT], functions: [], function_call: { name: 'refund' } };
  const again = await chat.settle(exchange(body, true), answer(REFUND));
  expect(again).toEqual({
    functions: [],
    function_call: 'auto',
    messages: [
      PROMPT,
      { role: 'assistant', content: null, function_call: REFUND },
      { role: 'function', name: 'refund', content: 'closed' },
    ],
  });
});

test('what became of it is judged from the next request, which goes on in its run', async () => {
  const first = begin();
  void first.prepare();
  const given = answer(LOOK);
  await chat.settle({ call: first, body: {}, asked: {}, mayAskAgain: false }, given);
  first.end({ ...chat.response(given), url: undefined });
  const result = { role: 'function', name: 'look', content: '{"error":"no such order"}' };
  const results = chat.results({ messages: [PROMPT, given.choices[0].message, result] });
  expect(results).toMatchObject([{ asked: { tool: 'look' }, source: result }]);
  const second = begin(results);
  await second.prepare();
  expect(second.scope.run).toBe(first.scope.run);
  const { attributes } = sdk.span('execute_tool look');
  expect(attributes['aftertrace.tool.outcome']).toBe('failed');
  expect(attributes['gen_ai.tool.call.id']).toBeUndefined();
});

test('a function that is revoked is not offered', async () => {
  await fixture.enforce([], [containment()]);
  const offered = (body: Fields): Fields => chat.offered(body, exchange().call);
  const functions = [{ name: 'refund' }, { name: 'look' }];
  const body = { messages: [], functions, function_call: { name: 'refund' } };
  const left = { messages: [], functions: [{ name: 'look' }] };
  expect(offered(body)).toEqual({ ...left, function_call: 'auto' });
  expect(offered({ ...body, functions: [{ name: 'refund' }] })).toEqual({ messages: [] });
  expect(offered(left)).toBe(left);
});

test('in a stream it waits until it is complete', async () => {
  const chunk = (delta: object, finish_reason: string | null = null): Fields => ({
    id: 'x',
    choices: [{ index: 0, delta, finish_reason }],
  });
  const parts = (name: string): readonly Fields[] => [
    chunk({ role: 'assistant', function_call: { name, arguments: '' } }),
    chunk({ function_call: { arguments: '{"n"' } }),
    chunk({ function_call: { arguments: ':5}' } }),
    chunk({}, 'function_call'),
  ];
  const passed = async (name: string): Promise<readonly Fields[]> => {
    const stream = chat.stream(
      exchange(),
      (async function* () {
        yield* parts(name);
      })(),
    );
    return (await Array.fromAsync(stream)) as readonly Fields[];
  };
  expect(await passed('look')).toEqual(parts('look'));
  const [first, ...rest] = await passed('pay');
  expect(first).toEqual(chunk({ role: 'assistant', content: '' }));
  expect(rest).toEqual([
    chunk({ function_call: { name: 'pay', arguments: '{"n":1}' } }),
    chunk({}, 'function_call'),
  ]);
  expect((await passed('refund')).slice(1)).toEqual([
    chunk({ content: 'closed' }),
    chunk({}, 'stop'),
  ]);
});

test('in a stream that has both forms, neither call hides in the other', async () => {
  const chunk = (delta: object, finish_reason: string | null = null): Fields => ({
    id: 'x',
    choices: [{ index: 0, delta, finish_reason }],
  });
  const stream = chat.stream(
    exchange(),
    (async function* () {
      yield chunk({ tool_calls: [{ index: 0, id: 'a', type: 'function', function: REFUND }] });
      yield chunk({ function_call: LOOK }, 'tool_calls');
    })(),
  );
  expect(JSON.stringify(await Array.fromAsync(stream))).not.toContain('refund');
});
