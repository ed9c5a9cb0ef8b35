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
