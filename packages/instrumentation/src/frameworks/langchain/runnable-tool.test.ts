import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { rule } from '../../testing/guard-fixture.ts';
import { startRecordingSdk } from '../../testing/recording-sdk.ts';
import type { AnyFunction } from '../framework.ts';
import { langchain } from './adapter.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
beforeEach(() => {
  fixture = createAdapterFixture();
});
afterEach(() => sdk.reset());

function wrap<T>(symbol: string, original: T): T {
  const site = { package: '@langchain/core', version: '1.4.0', format: 'module', symbol } as const;
  return langchain.wrap(fixture.runtime, site, original as AnyFunction) as T;
}

describe('a runnable that was made a tool', () => {
  const call = { type: 'tool_call', name: 'refund', args: { amount: 5 }, id: 'call_1' };

  /** As `runnable.asTool()` makes it: its own check of the arguments comes first. */
  function toolOf(own: (given: unknown, config: unknown) => unknown) {
    const convert = wrap('convertRunnableToTool', (_runnable: object, _fields: object) => ({
      name: 'refund',
      description: 'Gives money back.',
      invoke: (given: unknown, config: unknown) => Promise.resolve(own(given, config)),
    }));
    return convert({}, {});
  }

  test('is judged under its name, and gets what the model asked for as it was', async () => {
    const got: unknown[] = [];
    const tool = toolOf((given) => {
      got.push(given);
      return { success: false, error: 'no such order' };
    });
    await tool.invoke(call, {});
    expect(got).toEqual([call]);
    expect(sdk.span('execute_tool refund').attributes).toMatchObject({
      'gen_ai.tool.call.id': 'call_1',
      'gen_ai.tool.description': 'Gives money back.',
      'aftertrace.tool.failure.rule': 'json.success_false',
    });
  });

  test('that is refused answers the model with the reason, and rejects where the application asks', async () => {
    await fixture.enforce([rule('block', { with: { message: 'no refunds' } })]);
    const ran: unknown[] = [];
    const tool = toolOf((given) => ran.push(given));
    expect(await tool.invoke(call, {})).toBe('no refunds');
    const asked = tool.invoke({ amount: 5 }, {});
    await expect(asked).rejects.toMatchObject({ code: 'call_refused' });
    expect(ran).toEqual([]);
  });

  test('gets what policy made of the arguments, and the signal that a kill aborts', async () => {
    const redactions = [{ in: 'arguments', pointer: '/amount', replacement: 'gone' }];
    await fixture.enforce([rule('redact', { with: { redactions } })]);
    const got: unknown[] = [];
    const tool = toolOf((...given) => got.push(...given));
    await tool.invoke(call, {});
    await tool.invoke({ amount: 5 }, {});
    const signal = { signal: expect.any(AbortSignal) };
    expect(got).toEqual([
      { ...call, args: { amount: 'gone' } },
      signal,
      { amount: 'gone' },
      signal,
    ]);
  });

  test('that stops for a person has not failed', async () => {
    const interrupt = Object.assign(new Error('asks'), { is_bubble_up: true });
    await expect(toolOf(() => Promise.reject(interrupt)).invoke(call, {})).rejects.toBe(interrupt);
    expect(sdk.span('execute_tool refund').attributes['aftertrace.tool.outcome']).toBe('unknown');
  });
});
