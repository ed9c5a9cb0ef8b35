import { afterEach, beforeEach, expect, test } from 'vitest';

import { beginModelCall, type ModelCall } from '../../model/model-call.ts';
import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { containment, newScope, rule } from '../../testing/guard-fixture.ts';
import { startRecordingSdk } from '../../testing/recording-sdk.ts';
import type { Exchange } from '../../model/endpoint.ts';
import type { Fields } from '../../model/fields.ts';
import { createMessages } from './messages.ts';

const sdk = startRecordingSdk();
const messages = createMessages();
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

function begin(
  scope: Partial<ReturnType<typeof newScope>> & { framework?: string } = {},
): ModelCall {
  const request = { provider: 'anthropic', model: 'm', signal: undefined, results: [] };
  const call = fixture.runtime.scopes.run({ ...newScope(), ...scope }, () =>
    beginModelCall(fixture.runtime, request),
  );
  void call.prepare();
  return call;
}

function exchange(scope?: Parameters<typeof begin>[0]): Exchange {
  return { call: begin(scope), body: {}, asked: {}, mayAskAgain: false };
}

const REFUND = { type: 'tool_use', id: 'a', name: 'refund', input: { n: 5 } };
const LOOK = { type: 'tool_use', id: 'b', name: 'look', input: { q: 1 } };
const PAY = { type: 'tool_use', id: 'c', name: 'pay', input: { n: 5 } };
const CLOSED = { type: 'text', text: 'closed', citations: null };

test('a refused call is a text in its place, and one whose arguments a rule changes has those', async () => {
  const answer = { stop_reason: 'tool_use', content: [REFUND, LOOK, PAY] };
  await messages.settle(exchange(), answer);
  expect(answer).toEqual({
    stop_reason: 'tool_use',
    content: [CLOSED, LOOK, { ...PAY, input: { n: 1 } }],
  });
});

test('an answer of which no call is left asks for nothing', async () => {
  const answer = { stop_reason: 'tool_use', content: [REFUND] };
  await messages.settle(exchange(), answer);
  expect(answer).toEqual({ stop_reason: 'end_turn', content: [CLOSED] });
});

test('calls of a tool runner are left to it', async () => {
  const answer = { stop_reason: 'tool_use', content: [REFUND] };
  await messages.settle(exchange({ framework: '@anthropic-ai/sdk' }), answer);
  expect(answer.content).toEqual([REFUND]);
});

test('what the provider ran itself is told with what it says of it', async () => {
  const content = [
    { type: 'server_tool_use', id: 's', name: 'web_search', input: { q: 1 } },
    {
      type: 'web_search_tool_result',
      tool_use_id: 's',
      content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
    },
    { type: 'server_tool_use', id: 'later', name: 'web_fetch', input: {} },
  ];
  await messages.settle(exchange(), { stop_reason: 'pause_turn', content });
  const tools = sdk.spans().filter(({ name }) => name.startsWith('execute_tool'));
  expect(
    tools.map(({ name, attributes }) => [name, attributes['aftertrace.tool.outcome']]),
  ).toEqual([['execute_tool web_search', 'failed']]);
});

function event(index: number, block: Fields): readonly Fields[] {
  const json = JSON.stringify(block['input']);
  const deltas =
    block['type'] === 'text'
      ? [{ type: 'text_delta', text: block['text'] }]
      : [json.slice(0, 3), json.slice(3)].map((partial_json) => ({
          type: 'input_json_delta',
          partial_json,
        }));
  const empty = block['type'] === 'text' ? { ...block, text: '' } : { ...block, input: {} };
  return [
    { type: 'content_block_start', index, content_block: empty },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

function streamOf(blocks: readonly Fields[]): readonly Fields[] {
  return [
    { type: 'message_start', message: { id: 'm1', model: 'm', usage: { input_tokens: 3 } } },
    ...blocks.flatMap((block, index) => event(index, block)),
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 2 } },
    { type: 'message_stop' },
  ];
}

/** What a consumer makes of the events, and what the boundary gives at the end. */
async function consume(given: readonly Fields[]): Promise<{
  readonly passed: readonly Fields[];
  readonly answer: Fields | undefined;
}> {
  const passed: Fields[] = [];
  const stream = messages.stream(
    exchange(),
    (async function* () {
      yield* given;
    })(),
  );
  for (;;) {
    const step = await stream.next();
    if (step.done === true) return { passed, answer: step.value.answer };
    passed.push(step.value as Fields);
  }
}

test('a stream gives its text at once, and its calls as they were judged', async () => {
  const text = { type: 'text', text: 'let me' };
  const given = streamOf([text, REFUND, LOOK, PAY]);
  const { passed, answer } = await consume(given);
  const whole = [text, CLOSED, LOOK, { ...PAY, input: { n: 1 } }].flatMap((block, index) =>
    event(index, block).filter(({ type }) => type === 'content_block_start'),
  );
  expect(passed.filter(({ type }) => type === 'content_block_start')).toEqual(whole);
  const jsonOf = (index: number): string =>
    passed
      .filter((each) => each['index'] === index)
      .map(({ delta }) => (delta as { partial_json?: string } | undefined)?.partial_json ?? '')
      .join('');
  expect([jsonOf(2), jsonOf(3)]).toEqual(['{"q":1}', '{"n":1}']);
  expect(passed.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  expect(passed.at(-1)).toEqual({ type: 'message_stop' });
  // What is told of the answer is what the model said.
  expect(answer).toMatchObject({ id: 'm1', content: [text, REFUND, LOOK, PAY] });
  expect(messages.response(answer ?? {})).toMatchObject({ inputTokens: 3, outputTokens: 2 });
});

test('a stream of which no call is left asks for nothing; one that is all right is the very same', async () => {
  const refused = await consume(streamOf([REFUND]));
  expect(refused.passed.at(-2)).toMatchObject({ delta: { stop_reason: 'end_turn' } });
  const given = streamOf([LOOK]);
  expect((await consume(given)).passed).toEqual(given);
});

test('a stream that ends in the midst of a call passes none of it on', async () => {
  const { passed } = await consume(streamOf([REFUND]).slice(0, 3));
  expect(passed).toEqual([streamOf([])[0]]);
});

test('what is revoked is not offered, whoever runs it', async () => {
  await fixture.enforce(
    [],
    [containment(), containment({ id: 'c2', scope: { tool: 'web_search' } })],
  );
  const own = { name: 'refund', input_schema: {} };
  const other = { name: 'look', input_schema: {} };
  const search = { type: 'web_search_20250305', name: 'web_search' };
  const body = { tools: [own, other, search], tool_choice: { type: 'tool', name: 'refund' } };
  expect(messages.offered(body, begin())).toEqual({
    tools: [other],
    tool_choice: { type: 'auto' },
  });
  expect(messages.offered({ tools: [own], tool_choice: { type: 'any' } }, begin())).toEqual({});
  const untouched = { tools: [other] };
  expect(messages.offered(untouched, begin())).toBe(untouched);
});

test('results have what was asked before them, an error of the application’s is one', () => {
  const result = (id: string, more: object): Fields => ({
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: id, ...more }],
  });
  const body = {
    messages: [
      result('a', { content: 'x' }),
      { role: 'assistant', content: [REFUND] },
      result('a', { content: '{"ok":1}' }),
      result('b', { content: 'no', is_error: true }),
    ],
  };
  const asked = { tool: 'refund', toolCallId: 'a', arguments: { n: 5 } };
  const failed = { isError: true, content: [{ type: 'text', text: 'no' }] };
  const found = messages.results(body);
  expect(found).toMatchObject([
    { toolCallId: 'a', asked: undefined, result: 'x' },
    { toolCallId: 'a', asked, result: { ok: 1 } },
    { toolCallId: 'b', asked: undefined, result: failed },
  ]);
  const [, second] = found;
  const told = new Map([[second?.source ?? {}, { kind: 'withheld' as const, message: 'no' }]]);
  const after = messages.withResults(body, told)['messages'] as readonly Fields[];
  expect(after[0]).toEqual(body.messages[0]);
  expect(after[2]).toEqual(result('a', { content: 'no', is_error: true }));
});
