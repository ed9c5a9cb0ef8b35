import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { containment, newScope, rule } from '../../testing/guard-fixture.ts';
import { startRecordingSdk } from '../../testing/recording-sdk.ts';
import type { AnyFunction } from '../framework.ts';
import { mastra } from './adapter.ts';
import type { CoreTool, StepContext } from './types.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
beforeEach(() => {
  fixture = createAdapterFixture();
});
afterEach(() => sdk.reset());

const site = { package: '@mastra/core', version: '1.71.0', format: 'module' } as const;

function wrap<T>(symbol: string, original: T): T {
  return mastra.wrap(fixture.runtime, { ...site, symbol }, original as AnyFunction) as T;
}

async function toolOf(execute: NonNullable<CoreTool['execute']>): Promise<CoreTool> {
  const convert = wrap('Agent.prototype.convertTools', () =>
    Promise.resolve({ refund: { description: 'Gives money back.', execute }, plain: {} }),
  );
  const { refund, plain } = await convert();
  expect(plain).toEqual({});
  return refund;
}

describe('a tool', () => {
  test('is judged where the agent’s loop calls it', async () => {
    const tool = await toolOf(() => ({ success: false, error: 'no' }));
    await tool.execute?.({ amount: 5 }, { toolCallId: 'call_1' });
    expect(sdk.span('execute_tool refund').attributes).toMatchObject({
      'gen_ai.tool.call.id': 'call_1',
      'aftertrace.tool.failure.rule': 'json.success_false',
    });
  });

  test('that is refused has the reason as its result, and does not run', async () => {
    await fixture.enforce([rule('block', { with: { message: 'no refunds' } })]);
    const ran: unknown[] = [];
    const tool = await toolOf((input) => ran.push(input));
    expect(await tool.execute?.({ amount: 5 }, {})).toBe('no refunds');
    expect(ran).toEqual([]);
  });

  test('that throws does so to the agent', async () => {
    const error = new Error('out of order');
    const tool = await toolOf(() => Promise.reject(error));
    await expect(tool.execute?.({}, {})).rejects.toBe(error);
    expect(sdk.span('execute_tool refund').status.code).toBe(2);
  });

  test('that Mastra tries ahead of its turn, and that throws to pause, has not failed', async () => {
    const notNow = new Error('requested suspension');
    const tool = await toolOf(async (_input, context) => {
      await context?.suspend?.({ why: 'a question' });
    });
    const suspend = (): unknown => Promise.reject(notNow);
    await expect(tool.execute?.({}, { suspend })).rejects.toBe(notNow);
    const { attributes, status } = sdk.span('execute_tool refund');
    expect(attributes['aftertrace.tool.outcome']).toBe('unknown');
    expect(status.code).toBe(0);
  });

  test('that suspends itself has not failed, and gives what it gave', async () => {
    const asked: unknown[] = [];
    const tool = await toolOf(async (_input, context) => {
      await context?.suspend?.({ why: 'a question' });
      return { error: 'not yet' };
    });
    const context = { suspend: (payload: unknown) => asked.push(payload) };
    expect(await tool.execute?.({}, context)).toEqual({ error: 'not yet' });
    expect(asked).toEqual([{ why: 'a question' }]);
    const { attributes } = sdk.span('execute_tool refund');
    expect(attributes['aftertrace.tool.outcome']).toBe('unknown');
  });
});

describe('an agent', () => {
  const agent = { id: 'shop-id', name: 'shop' };
  const generate = (body: (options: { readonly abortSignal: AbortSignal }) => unknown) =>
    wrap('Agent.prototype.generate', (_input: unknown, options: never) =>
      Promise.resolve(body(options)),
    );

  test('is told under its name, with its thread as the conversation', async () => {
    const ask = generate(() => ({ finishReason: 'suspended' }));
    await Reflect.apply(ask, agent, ['hi', { memory: { thread: { id: 't-1' } } }]);
    const { attributes } = sdk.span('invoke_agent shop');
    expect(attributes).toMatchObject({
      'gen_ai.conversation.id': 't-1',
      'gen_ai.response.finish_reasons': ['tool_call'],
    });
    expect(sdk.events('aftertrace.run.ended')).toHaveLength(1);
  });

  test('that asks itself is one invocation, and another one inside is a sub-agent', async () => {
    const inner = generate(() => ({}));
    const outer = generate(async () => {
      await Reflect.apply(inner, agent, ['again', {}]);
      await Reflect.apply(inner, { name: 'researcher' }, ['look', {}]);
      return {};
    });
    await Reflect.apply(outer, agent, ['hi', {}]);
    const names = sdk.spans().map(({ name }) => name);
    expect(names).toEqual(['invoke_agent researcher', 'invoke_agent shop']);
  });

  test('that was killed and gives what it had rejects all the same', async () => {
    const ask = generate(async ({ abortSignal }) => {
      await fixture.enforce([], [containment({ kind: 'kill', scope: { agent: 'shop' } })]);
      return { text: abortSignal.aborted ? 'stopped' : 'went on' };
    });
    await expect(Reflect.apply(ask, agent, ['hi', {}])).rejects.toMatchObject({
      code: 'run_stopped',
    });
  });

  test('that streams has ended when its output says so, once', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const told: unknown[] = [];
    let finish: ((event: object) => unknown) | undefined;
    const stream = wrap('Agent.prototype.stream', (_input: unknown, options: never) => {
      finish = (options as { onFinish: typeof finish }).onFinish;
      return Promise.resolve({ _waitUntilFinished: () => promise });
    });
    const own = { onFinish: (event: unknown) => told.push(event) };
    await Reflect.apply(stream, agent, ['hi', own]);
    expect(sdk.spans()).toEqual([]);
    await finish?.({ finishReason: 'stop' });
    resolve(undefined);
    expect(told).toEqual([{ finishReason: 'stop' }]);
    const { attributes } = sdk.span('invoke_agent shop');
    expect(attributes['gen_ai.response.finish_reasons']).toEqual(['stop']);
  });
});

describe('the step that calls a tool', () => {
  const inputData = { toolName: 'refund', toolCallId: 'call_1', args: { amount: 5 } };
  const requestContext = new Map<string, unknown>([['approver', { id: 'ana@example.com' }]]);

  function stepOf(execute: (context: StepContext) => unknown) {
    const create = wrap('createToolCallStep', () => ({
      execute: (context: StepContext) => Promise.resolve(execute(context)),
    }));
    const scope = newScope();
    const { execute: run } = create();
    return (context: StepContext) => fixture.scopes.run(scope, () => run(context));
  }

  test('gives a person’s approval to the call that it makes', async () => {
    const tool = await toolOf(() => 'done');
    const step = stepOf(() => tool.execute?.(inputData.args, { toolCallId: 'call_1' }));
    await step({ inputData, resumeData: { approved: true }, requestContext });
    await step({ inputData });
    const [first, second] = sdk.spans();
    expect(first?.attributes).toMatchObject({
      'aftertrace.override.decision': 'approve',
      'aftertrace.override.actor.id': 'ana@example.com',
    });
    expect(second?.attributes).not.toHaveProperty('aftertrace.override.decision');
  });

  test('gives it to no call of another conversation in the same run, whose ids begin anew', async () => {
    const run = { toolName: 'refund', toolCallId: 'call_0' };
    const tool = await toolOf(() => 'done');
    const { promise: asked, resolve: go } = Promise.withResolvers<undefined>();
    const create = wrap('createToolCallStep', () => ({
      execute: async ({ inputData: data }: StepContext) => {
        if (data?.args === 'mine') await asked;
        return tool.execute?.({ whose: data?.args }, { toolCallId: 'call_0' });
      },
    }));
    const { execute } = create();
    await fixture.scopes.run(newScope(), async () => {
      const mine = { inputData: { ...run, args: 'mine' }, resumeData: { approved: true } };
      const first = execute({ ...mine, requestContext });
      await execute({ inputData: { ...run, args: 'other' } });
      go(undefined);
      await first;
    });
    const decisions = sdk
      .spans()
      .map(({ attributes }) => attributes['aftertrace.override.decision']);
    expect(decisions).toEqual([undefined, 'approve']);
  });

  test('gives it to no call that the tool makes in turn', async () => {
    const inner = await toolOf(() => 'done');
    const nested = await toolOf(() => inner.execute?.({ amount: 500 }, { toolCallId: 'call_1' }));
    const step = stepOf(() => nested.execute?.({ amount: 5 }, { toolCallId: 'call_1' }));
    await step({ inputData, resumeData: { approved: true }, requestContext });
    const decisions = sdk
      .spans()
      .map(({ attributes }) => attributes['aftertrace.override.decision']);
    expect(decisions).toEqual([undefined, 'approve']);
  });

  test.each([
    ['a record of its own', (tools: object) => tools],
    ['one that cannot be changed', (tools: object) => Object.freeze(tools)],
  ])('guards tools that the step got from elsewhere, in %s', async (_where, made) => {
    await fixture.enforce([rule('block', { with: { message: 'no refunds' } })]);
    class Tool {
      readonly id = 'refund';
      readonly ran: unknown[] = [];
      execute = (input: unknown): unknown => this.ran.push(input);
      get schema(): string {
        return this.id;
      }
    }
    const raw = new Tool();
    const shared = { stepTools: made({ refund: raw, plain: {} }) };
    const create = wrap('createToolCallStep', (_options: object) => ({
      execute: (_context: StepContext) => {
        const { refund } = shared.stepTools as { refund: Tool };
        return Promise.resolve([refund.execute({ amount: 5 }), refund.schema]);
      },
    }));
    const step = create({ _internal: shared });
    const [result, schema] = await step.execute({ inputData });
    await expect(Promise.resolve(result)).resolves.toBe('no refunds');
    await step.execute({ inputData });
    expect(raw.ran).toEqual([]);
    expect(schema).toBe('refund');
    expect(sdk.spans()).toHaveLength(2);
  });

  test('records a rejection with the call that is not made', async () => {
    const step = stepOf(() => ({ approval: { approved: false } }));
    await step({ inputData, resumeData: { approved: false, reason: 'no' }, requestContext });
    expect(sdk.span('execute_tool refund').attributes).toMatchObject({
      'aftertrace.tool.outcome': 'denied',
      'aftertrace.override.decision': 'reject',
      'aftertrace.override.reason': 'no',
    });
  });

  test('records no rejection of a call that is made: the tool had asked something else', async () => {
    const tool = await toolOf(() => 'told the customer');
    const step = stepOf(() => tool.execute?.(inputData.args, { toolCallId: 'call_1' }));
    await step({ inputData, resumeData: { approved: false }, requestContext });
    const { attributes } = sdk.span('execute_tool refund');
    expect(attributes['aftertrace.tool.outcome']).toBe('ok');
    expect(attributes).not.toHaveProperty('aftertrace.override.decision');
  });

  test('leaves the answer about a sub-agent’s call to that one', async () => {
    const step = stepOf(() => ({}));
    const suspendData = { suspendedToolRunId: 'run-2' };
    await step({ inputData, resumeData: { approved: false }, suspendData, requestContext });
    expect(sdk.spans()).toEqual([]);
  });

  test.each([
    ['answers', (): unknown => ({ error: { name: 'ToolNotFoundError' } })],
    ['rejects', (): unknown => Promise.reject(new Error('Tool refund not found'))],
  ])('that %s because there is no such tool has a failed call', async (_how, execute) => {
    await stepOf(execute)({ inputData }).catch(() => undefined);
    const { attributes } = sdk.span('execute_tool refund');
    expect(attributes['aftertrace.tool.failure.class']).toBe('unknown_tool');
  });
});
