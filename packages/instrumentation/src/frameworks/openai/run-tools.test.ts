import { afterEach, beforeEach, expect, test } from 'vitest';

import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { rule } from '../../testing/guard-fixture.ts';
import { startRecordingSdk } from '../../testing/recording-sdk.ts';
import { openai } from './adapter.ts';
import type { Fields } from '../../model/fields.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
beforeEach(async () => {
  fixture = createAdapterFixture();
  const set = { transforms: [{ pointer: '/n', set: 2 }] };
  await fixture.enforce([
    rule('block', { with: { message: 'closed' } }),
    { ...rule('transform', { with: set }), id: 'less', match: { tool: 'pay' } },
  ]);
});
afterEach(() => sdk.reset());

interface Tool {
  readonly function: {
    readonly name?: string;
    readonly parse?: (given: string) => unknown;
    readonly function: (input: unknown) => unknown;
  };
}

/** A runner as the SDK has it, whose model asks for these calls, all at once. */
async function runTools(
  calls: readonly (readonly [string, string, string])[],
  tools: readonly Tool[],
): Promise<readonly unknown[]> {
  const asked = calls.map(([id, name, given]) => ({ id, function: { name, arguments: given } }));
  const runner = { messages: [{ role: 'assistant', tool_calls: asked }] };
  const results: unknown[] = [];
  const original = async (_client: unknown, params: Fields): Promise<void> => {
    for (const [, name, given] of calls) {
      const { function: found } = (params['tools'] as readonly Tool[]).find(
        (tool) => tool.function.name === name,
      ) ?? { function: undefined };
      const input = found?.parse === undefined ? given : found.parse(given);
      results.push(await found?.function(await input));
    }
  };
  const site = { package: 'openai', version: '7.57.0', format: 'module' } as const;
  const symbol = 'AbstractChatCompletionRunner.prototype._runTools';
  const run = openai.wrap(fixture.runtime, { ...site, symbol }, original);
  await Reflect.apply(run ?? original, runner, [{}, { model: 'm', tools }]);
  return results;
}

test('a refused call is the function’s result, for a throw would end the loop', async () => {
  const refund = { function: { name: 'refund', function: () => expect.unreachable() } };
  expect(await runTools([['a', 'refund', '{}']], [refund])).toEqual(['closed']);
  expect(sdk.span('execute_tool refund').attributes).toMatchObject({
    'aftertrace.tool.outcome': 'denied',
    'gen_ai.tool.call.id': 'a',
  });
});

test('functions get changed arguments in the form in which they take them', async () => {
  const calls = [['a', 'pay', '{"n":5}']] as const;
  const own = { function: { name: 'pay', function: (input: unknown) => ({ got: input }) } };
  expect(await runTools(calls, [own])).toEqual([{ got: '{"n":2}' }]);
  const parsing = { function: { ...own.function, parse: JSON.parse } };
  expect(await runTools(calls, [parsing])).toEqual([{ got: { n: 2 } }]);
});

test('a function without a name gives its own to its tool, and each call has its id, also where two are alike', async () => {
  const calls = [
    ['a', 'look', '{"q":1}'],
    ['b', 'look', '{"q":1}'],
  ] as const;
  function look(): string {
    return 'found';
  }
  await runTools(calls, [{ function: { function: look, parse: JSON.parse } }]);
  const ids = sdk
    .spans()
    .filter(({ name }) => name === 'execute_tool look')
    .map(({ attributes }) => attributes['gen_ai.tool.call.id']);
  expect(ids).toEqual(['a', 'b']);
});

test('what a function throws ends the loop, and its run has failed', async () => {
  const error = new RangeError('no');
  const look = {
    function: {
      name: 'look',
      function: () => {
        throw error;
      },
    },
  };
  await expect(runTools([['a', 'look', '{}']], [look])).rejects.toBe(error);
  expect(sdk.span('invoke_agent support').attributes['error.type']).toBe('RangeError');
});

test('calls that the runner answers itself are failed ones: of tools that are not there, and of arguments that do not fit', async () => {
  const asked = [
    { id: 'a', function: { name: 'gone', arguments: '{"q":1}' } },
    { id: 'b', function: { name: 'look', arguments: 'no' } },
  ];
  const before = { role: 'tool', tool_call_id: 'a', content: 'Invalid tool_call: "gone".' };
  const runner = {
    messages: [] as unknown[],
    _addMessage(message: unknown, _emit = true): void {
      this.messages.push(message);
    },
  };
  const original = (_client: unknown, params: Fields): Promise<void> => {
    runner.messages.push({ role: 'assistant', tool_calls: asked });
    runner._addMessage(before, false);
    runner._addMessage({ ...before, content: 'Invalid tool_call: "gone". Please try again' });
    const [look] = params['tools'] as readonly Tool[];
    expect(() => look?.function.parse?.('no')).toThrow(SyntaxError);
    // As other parts of the SDK ask: of nothing that waits.
    expect(() => look?.function.parse?.('no')).toThrow(SyntaxError);
    return Promise.resolve();
  };
  const site = { package: 'openai', version: '7.57.0', format: 'module' } as const;
  const symbol = 'AbstractChatCompletionRunner.prototype._runTools';
  const run = openai.wrap(fixture.runtime, { ...site, symbol }, original);
  const look = { function: { name: 'look', parse: JSON.parse, function: () => 'found' } };
  await Reflect.apply(run ?? original, runner, [{}, { model: 'm', tools: [look] }]);
  expect(runner.messages).toHaveLength(3);
  const outcomes = sdk.events('aftertrace.tool.outcome').map(({ attributes }) => attributes);
  expect(outcomes).toMatchObject([
    { 'gen_ai.tool.name': 'gone', 'aftertrace.tool.failure.class': 'unknown_tool' },
    { 'gen_ai.tool.name': 'look', 'aftertrace.tool.failure.class': 'invalid_arguments' },
  ]);
});

test('a result that reads like the runner’s own words is no call of an unknown tool', async () => {
  const content = 'Invalid tool_call: "look".';
  const messages: unknown[] = [
    { role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'look', arguments: '{}' } }] },
  ];
  const runner = {
    messages,
    _addMessage: (message: unknown): void => void messages.push(message),
  };
  const original = async (_client: unknown, params: Fields): Promise<void> => {
    const [look] = params['tools'] as readonly Tool[];
    const said = await look?.function.function('{}');
    runner._addMessage({ role: 'tool', tool_call_id: 'a', content: said });
  };
  const site = { package: 'openai', version: '7.57.0', format: 'module' } as const;
  const symbol = 'AbstractChatCompletionRunner.prototype._runTools';
  const run = openai.wrap(fixture.runtime, { ...site, symbol }, original);
  const look = { function: { name: 'look', function: () => content } };
  await Reflect.apply(run ?? original, runner, [{}, { model: 'm', tools: [look] }]);
  expect(messages).toHaveLength(2);
  expect(sdk.spans().filter(({ name }) => name === 'execute_tool look')).toHaveLength(1);
});
