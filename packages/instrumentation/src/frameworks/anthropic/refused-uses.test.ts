import { beforeEach, expect, test } from 'vitest';

import type { Endpoint, Exchange } from '../../model/endpoint.ts';
import { fieldsOf, listOf, type Fields } from '../../model/fields.ts';
import { beginModelCall } from '../../model/model-call.ts';
import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { newScope, rule } from '../../testing/guard-fixture.ts';
import { createMessages } from './messages.ts';

let fixture: AdapterFixture;
let messages: Endpoint;
beforeEach(async () => {
  fixture = createAdapterFixture();
  messages = createMessages();
  await fixture.enforce([rule('block', { with: { message: 'closed' } })]);
});

const PROMPT = { role: 'user', content: 'refund A1' };
const REFUND = { type: 'tool_use', id: 'a', name: 'refund', input: { n: 5 } };
const LOOK = { type: 'tool_use', id: 'b', name: 'look', input: { q: 1 } };
const REFUSED = { type: 'tool_result', tool_use_id: 'a', content: 'closed', is_error: true };
const FOUND = { type: 'tool_result', tool_use_id: 'b', content: 'found' };

function exchange(body: Fields, mayAskAgain: boolean): Exchange {
  const request = { provider: 'anthropic', model: 'm', signal: undefined, results: [] };
  const call = fixture.scopes.run(newScope(), () => beginModelCall(fixture.runtime, request));
  void call.prepare();
  return { call, body, asked: body, mayAskAgain };
}

function offered(body: Fields): Fields {
  return messages.offered(body, exchange(body, false).call);
}

/** The answer as the application gets it, and the request that is made before. */
async function settled(
  body: Fields,
  content: readonly Fields[],
  mayAskAgain = true,
): Promise<{ readonly answer: Fields; readonly again: Fields | undefined }> {
  const answer: Fields = { id: 'msg_1', role: 'assistant', stop_reason: 'tool_use', content };
  const again = await messages.settle(exchange(body, mayAskAgain), answer);
  return { answer, again };
}

test('a model that asked for nothing but what is refused is told so, and asked again', async () => {
  const body = { max_tokens: 9, messages: [PROMPT], tool_choice: { type: 'tool', name: 'refund' } };
  const thinking = { type: 'thinking', thinking: 'hm', signature: 's' };
  const { answer, again } = await settled(body, [thinking, REFUND]);
  expect(again).toEqual({
    max_tokens: 9,
    tool_choice: { type: 'auto' },
    messages: [
      PROMPT,
      { role: 'assistant', content: [thinking, REFUND] },
      { role: 'user', content: [REFUSED] },
    ],
  });
  expect(answer['content']).toEqual([thinking, REFUND]);
});

test('one that insists is not asked without end', async () => {
  const { answer, again } = await settled({ messages: [PROMPT] }, [REFUND], false);
  expect(again).toBeUndefined();
  expect(answer).toMatchObject({ stop_reason: 'end_turn', content: [{ text: 'closed' }] });
});

test('what was refused beside other calls is a call with its result again, in every later request', async () => {
  const body = { messages: [PROMPT] };
  const { answer, again } = await settled(body, [REFUND, LOOK]);
  expect(again).toBeUndefined();
  const said = { role: 'assistant', content: answer['content'] };
  const next = [PROMPT, said, { role: 'user', content: [FOUND] }];
  const told = [
    PROMPT,
    { role: 'assistant', content: [LOOK, REFUND] },
    { role: 'user', content: [REFUSED, FOUND] },
  ];
  expect(offered({ messages: next })).toEqual({ messages: told });
  const more = [
    { role: 'assistant', content: 'so' },
    { role: 'user', content: 'and?' },
  ];
  expect(offered({ messages: [...next, ...more] })['messages']).toEqual([...told, ...more]);
  // Another conversation may have the same ids.
  const other = [{ role: 'user', content: 'hello' }, ...next.slice(1)];
  expect(listOf(offered({ messages: other })['messages'])).toEqual(other);
});

test('in a thread, of which the provider has what came before, the next turn brings the result', async () => {
  const create = { thread: { type: 'create' }, tools: [], system: 's', messages: [PROMPT] };
  const all = await settled(create, [REFUND]);
  const thread = { type: 'continue', previous_message_id: 'msg_1' };
  expect(all.again).toEqual({ thread, messages: [{ role: 'user', content: [REFUSED] }] });
  await settled(create, [REFUND, LOOK]);
  const next = { thread, messages: [{ role: 'user', content: [FOUND] }] };
  const told = { thread, messages: [{ role: 'user', content: [REFUSED, FOUND] }] };
  expect(offered(next)).toEqual(told);
  const other = { ...next, thread: { type: 'continue', previous_message_id: 'msg_2' } };
  expect(offered(other)).toBe(other);
});

test('a stream goes on with the answer that the model gives when it is told', async () => {
  const text = { type: 'text', text: 'let me' };
  const begin = (index: number, block: Fields): Fields => ({
    type: 'content_block_start',
    index,
    content_block: block,
  });
  const parts = [
    { type: 'message_start', message: { id: 'msg_1' } },
    begin(0, text),
    { type: 'content_block_stop', index: 0 },
    begin(1, { ...REFUND, input: {} }),
    { type: 'content_block_delta', index: 1, delta: { partial_json: '{"n":5}' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
    { type: 'message_stop' },
  ];
  const stream = messages.stream(
    exchange({ messages: [PROMPT] }, true),
    (async function* () {
      yield* parts;
    })(),
  );
  const passed: unknown[] = [];
  let step = await stream.next();
  for (; step.done !== true; step = await stream.next()) passed.push(step.value);
  expect(passed).toEqual(parts.slice(0, 3));
  const { again } = step.value;
  expect(again?.body['messages']).toEqual([
    PROMPT,
    { role: 'assistant', content: [text, REFUND] },
    { role: 'user', content: [REFUSED] },
  ]);
  expect(again?.follow({ type: 'message_start', message: { id: 'msg_2' } })).toBeUndefined();
  expect(again?.follow(begin(0, text))).toEqual(begin(1, text));
  const end = { type: 'message_delta', delta: { stop_reason: 'end_turn' } };
  expect(again?.follow(end)).toEqual(end);
  // The application knows the whole by the id of the first.
  const thread = { type: 'continue', previous_message_id: 'msg_1' };
  expect(offered({ thread, messages: [] })).toEqual({
    thread: { ...thread, previous_message_id: 'msg_2' },
    messages: [],
  });
});

test('a thread whose model was asked again twice goes on from the last answer', async () => {
  const follow = async (id: string | undefined): Promise<(next: string) => unknown> => {
    const stream = messages.stream(
      exchange({ messages: [PROMPT] }, true),
      (async function* () {
        yield { type: 'message_start', message: { id } };
        yield { type: 'content_block_start', index: 0, content_block: REFUND };
        yield { type: 'message_delta', delta: { stop_reason: 'tool_use' } };
      })(),
    );
    let step = await stream.next();
    while (step.done !== true) step = await stream.next();
    const { again } = step.value;
    return (next) => again?.follow({ type: 'message_start', message: { id: next } });
  };
  (await follow('msg_1'))('msg_2');
  (await follow('msg_2'))('msg_3');
  const turn = (previous_message_id: string): Fields => ({
    thread: { type: 'continue', previous_message_id },
    messages: [],
  });
  expect(offered(turn('msg_1'))).toEqual(turn('msg_3'));
  // Ids that a server gives twice lead nowhere, and not in a circle.
  (await follow('msg_3'))('msg_1');
  expect(fieldsOf(offered(turn('msg_1'))['thread'])['type']).toBe('continue');
  // A server that gives none tells nothing about other conversations.
  (await follow(undefined))('msg_9');
  const other = { messages: [PROMPT] };
  expect(offered(other)).toBe(other);
});
