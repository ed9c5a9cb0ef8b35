import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { containment, newScope, rule } from '../../testing/guard-fixture.ts';
import { startRecordingSdk } from '../../testing/recording-sdk.ts';
import type { AnyFunction } from '../framework.ts';
import { langchain } from './adapter.ts';
import { chatResponse } from './chat-response.ts';
import { isPause } from './pause.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
beforeEach(() => {
  fixture = createAdapterFixture();
});
afterEach(() => sdk.reset());

const site = { package: '@langchain/core', version: '1.4.0', format: 'module' } as const;

function wrap<T>(symbol: string, original: T): T {
  const wrapped = langchain.wrap(fixture.runtime, { ...site, symbol }, original as AnyFunction);
  return wrapped as T;
}

class InputError extends Error {
  readonly output: string = '{}';
}

/** As LangChain's: checks the input, calls the tool's own function, makes a message of what it gives. */
function createTool(own: (input: unknown, manager: unknown, config: unknown) => unknown) {
  const call = wrap(
    'StructuredTool.prototype.call',
    async function call(
      this: { _call: typeof own },
      input: unknown,
      config: { readonly toolCall?: { readonly id: string } },
    ) {
      if (input === 'bad')
        throw new InputError('Received tool input did not match expected schema');
      const content = await this._call(input, undefined, config);
      const id = config.toolCall?.id;
      return id === undefined ? content : { content, tool_call_id: id, status: 'success' };
    },
  );
  return { name: 'refund', description: 'Gives money back.', _call: own, call };
}

const withId = { toolCall: { id: 'call_1' } };

describe('a tool', () => {
  test('is judged by what its author’s function gives, under the name and id of the call', async () => {
    const tool = createTool(() => ({ success: false, error: 'no such order' }));
    await tool.call({ amount: 5 }, withId);
    await tool.call({ amount: 5 }, withId);
    const [first, second] = sdk.spans();
    expect(first?.name).toBe('execute_tool refund');
    expect(first?.attributes).toMatchObject({
      'gen_ai.tool.call.id': 'call_1',
      'gen_ai.tool.description': 'Gives money back.',
      'aftertrace.tool.failure.rule': 'json.success_false',
    });
    expect(second?.name).toBe('execute_tool refund');
    expect(sdk.spans()).toHaveLength(2);
  });

  test('that is refused answers the model with the reason, as an error', async () => {
    await fixture.enforce([rule('block', { with: { message: 'no refunds' } })]);
    const ran: unknown[] = [];
    const tool = createTool((input) => ran.push(input));
    const message = await tool.call({ amount: 5 }, withId);
    expect(message).toEqual({ content: 'no refunds', tool_call_id: 'call_1', status: 'error' });
    await expect(tool.call({ amount: 5 }, {})).rejects.toMatchObject({ code: 'call_refused' });
    expect(ran).toEqual([]);
  });

  test('that is refused in one conversation is not so in another, whose call has the same id', async () => {
    const match = { tool: 'refund', arguments: [{ pointer: '/amount', equals: 5 }] };
    await fixture.enforce([rule('block', { match })]);
    const tool = createTool(() => 'done');
    const calls = [5, 1, 5, 1].map((amount) => tool.call({ amount }, withId));
    const [error, success] = [{ status: 'error' }, { content: 'done', status: 'success' }];
    expect(await Promise.all(calls)).toMatchObject([error, success, error, success]);
  });

  test('that cannot be changed is governed all the same', async () => {
    await fixture.enforce([rule('block', { with: { message: 'no refunds' } })]);
    const ran: unknown[] = [];
    const tool = Object.freeze(createTool((input) => ran.push(input)));
    for (const _time of [1, 2]) {
      expect(await tool.call({ amount: 5 }, withId)).toMatchObject({ status: 'error' });
    }
    expect(ran).toEqual([]);
  });

  test('gets what policy made of the arguments, and the signal that a kill aborts', async () => {
    const redactions = [{ in: 'arguments', pointer: '/amount', replacement: 'gone' }];
    await fixture.enforce([rule('redact', { with: { redactions } })]);
    const got: unknown[] = [];
    const tool = createTool((input, _manager, config) => got.push(input, config));
    await tool.call({ amount: 5 }, withId);
    expect(got).toEqual([{ amount: 'gone' }, { ...withId, signal: expect.any(AbortSignal) }]);
  });

  test('that stops for a person has not failed', async () => {
    const interrupt = Object.assign(new Error('asks'), { is_bubble_up: true });
    const tool = createTool(() => Promise.reject(interrupt));
    await expect(tool.call({ amount: 5 }, withId)).rejects.toBe(interrupt);
    const { attributes, status } = sdk.span('execute_tool refund');
    expect(attributes['aftertrace.tool.outcome']).toBe('unknown');
    expect(status.code).toBe(0);
    expect(sdk.events('aftertrace.tool.outcome')[0]?.attributes).not.toHaveProperty('error.type');
  });

  test('whose arguments do not fit has a failed call that was not made', async () => {
    const tool = createTool(() => 1);
    await expect(tool.call('bad', withId)).rejects.toBeInstanceOf(InputError);
    const { attributes } = sdk.span('execute_tool refund');
    expect(attributes['aftertrace.tool.failure.class']).toBe('invalid_arguments');
  });
});

test.each([
  [Object.assign(new Error('x'), { name: 'GraphInterrupt' }), true],
  [Object.assign(new Error('x'), { name: 'NodeInterrupt' }), true],
  [{ is_bubble_up: true }, true],
  [new Error('GraphInterrupt'), false],
  [{ name: 'GraphInterrupt' }, false],
  [undefined, false],
])('%o is a pause: %s', (error, expected) => {
  expect(isPause(error)).toBe(expected);
});

describe('a graph', () => {
  const iterate = (body: (options: unknown) => AsyncGenerator<unknown>) => {
    const inner = (_input: unknown, options?: unknown): AsyncGenerator<unknown> => body(options);
    return wrap('Pregel.prototype._streamIterator', inner);
  };
  const run = (graph: ReturnType<typeof iterate>, name: string, options: object = {}) =>
    Array.fromAsync<unknown>(Reflect.apply(graph, { name }, [{}, options]));

  test('is an agent with the name of the graph, and its thread is the conversation', async () => {
    const graph = iterate(async function* values() {
      yield { at: fixture.scopes.getStore()?.agent.name };
    });
    const chunks = await run(graph, 'shop', { configurable: { thread_id: 't-1' } });
    expect(chunks).toEqual([{ at: 'shop' }]);
    expect(sdk.span('invoke_agent shop').attributes['gen_ai.conversation.id']).toBe('t-1');
    expect(sdk.events('aftertrace.run.ended')).toHaveLength(1);
  });

  test('inside a graph is part of it, unless it has a name of its own', async () => {
    const inner = iterate(async function* values() {
      yield fixture.scopes.getStore()?.agent.name;
    });
    const outer = iterate(async function* values() {
      yield await run(inner, 'LangGraph', { runName: 'a node' });
      yield await run(inner, 'researcher');
    });
    expect(await run(outer, 'LangGraph', { runName: 'shop' })).toEqual([['shop'], ['researcher']]);
    expect(sdk.spans().map(({ name }) => name)).toEqual([
      'invoke_agent researcher',
      'invoke_agent shop',
    ]);
    expect(sdk.events('aftertrace.run.ended')).toHaveLength(1);
  });

  test('that asks a person has ended without an error', async () => {
    const graph = iterate(async function* values() {
      yield ['values', { __interrupt__: [{ value: 'may I?' }] }];
    });
    await run(graph, 'shop');
    const { attributes, status } = sdk.span('invoke_agent shop');
    expect(attributes['gen_ai.response.finish_reasons']).toEqual(['tool_call']);
    expect(status.code).toBe(0);
  });

  test('inside another that leaves for a person by an error has not failed', async () => {
    const interrupt = Object.assign(new Error('asks'), {
      name: 'GraphInterrupt',
      is_bubble_up: true,
    });
    // oxlint-disable-next-line require-yield -- it throws first
    const graph = iterate(async function* inner() {
      throw interrupt;
    });
    await expect(run(graph, 'shop')).rejects.toBe(interrupt);
    const { attributes, status } = sdk.span('invoke_agent shop');
    expect(attributes).not.toHaveProperty('error.type');
    expect(attributes['gen_ai.response.finish_reasons']).toEqual(['tool_call']);
    expect(status.code).toBe(0);
  });

  test('is stopped by a kill, and its caller told so', async () => {
    const graph = iterate(async function* values(options) {
      const { signal } = options as { readonly signal: AbortSignal };
      await fixture.enforce([], [containment({ kind: 'kill', scope: { agent: 'shop' } })]);
      signal.throwIfAborted();
      yield 1;
    });
    await expect(run(graph, 'shop')).rejects.toMatchObject({ code: 'run_stopped' });
  });
});

describe('a model', () => {
  const model = { getLsParams: () => ({ ls_provider: 'openai', ls_model_name: 'gpt' }) };
  const answer = {
    usage_metadata: { input_tokens: 3, output_tokens: 2 },
    response_metadata: { finish_reason: 'tool_calls', model_name: 'gpt-1' },
  };
  const offered: unknown[] = [];
  const generate = () =>
    wrap(
      'BaseChatModel.prototype._generateUncached',
      async (_messages: unknown, options: unknown) => {
        offered.push(options);
        return { generations: [[{ message: answer }]] };
      },
    );
  beforeEach(() => void offered.splice(0));

  test('that an agent asks has one span, and the run its tokens', async () => {
    const scope = newScope();
    const wrapped = generate();
    await fixture.scopes.run(scope, () => Reflect.apply(wrapped, model, [[], {}]));
    expect(sdk.span('chat gpt').attributes).toMatchObject({
      'gen_ai.provider.name': 'openai',
      'gen_ai.response.finish_reasons': ['tool_call'],
      'gen_ai.usage.input_tokens': 3,
    });
    expect(scope.run).toMatchObject({ steps: 1, inputTokens: 3, outputTokens: 2 });
  });

  test('that is asked outside an agent is its client’s to tell of', async () => {
    await Reflect.apply(generate(), model, [[], {}]);
    expect(sdk.spans()).toEqual([]);
  });

  test('is not asked by an agent that was killed', async () => {
    await fixture.enforce([], [containment({ kind: 'kill', scope: 'global' })]);
    const wrapped = generate();
    const asked = fixture.scopes.run(newScope(), () => Reflect.apply(wrapped, model, [[], {}]));
    await expect(asked).rejects.toMatchObject({ code: 'run_stopped' });
    expect(offered).toEqual([]);
  });

  test('is not offered what is revoked, its provider’s own tools included', async () => {
    await fixture.enforce([], [containment(), containment({ scope: { tool: 'web_search' } })]);
    const tools = [
      { type: 'function', function: { name: 'refund' } },
      { type: 'function', function: { name: 'look' } },
      { type: 'web_search' },
    ];
    const wrapped = generate();
    await fixture.scopes.run(newScope(), () => Reflect.apply(wrapped, model, [[], { tools }]));
    expect(offered).toEqual([{ tools: [tools[1]] }]);
  });

  test('that streams has one span too, also where its reader goes away', async () => {
    const stream = wrap('BaseChatModel.prototype._streamIterator', async function* parts() {
      yield answer;
      yield answer;
    });
    const scope = newScope();
    const read = async (): Promise<void> => {
      for await (const part of Reflect.apply(stream, model, [[], {}]) as AsyncGenerator) {
        expect(part).toBe(answer);
        break;
      }
    };
    await fixture.scopes.run(scope, read);
    expect(sdk.span('chat gpt').attributes['gen_ai.usage.output_tokens']).toBe(2);
  });
});

test('what a message tells of its call is found where each provider puts it', () => {
  expect(
    chatResponse({ response_metadata: { stop_reason: 'end_turn', model: 'm' } }),
  ).toMatchObject({
    finishReason: 'stop',
    model: 'm',
  });
  expect(chatResponse({}).finishReason).toBeUndefined();
});

describe('a review by a person', () => {
  const calls = [
    { name: 'refund', args: { amount: 5 }, id: 'call_1' },
    { name: 'refund', args: { amount: 6 }, id: 'call_2' },
  ];
  /** As `humanInTheLoopMiddleware`: asks about every call, and writes into the message what was made of it. */
  async function review(
    decisions: readonly object[],
    { scope = newScope(), asks = true } = {},
  ): Promise<ReturnType<typeof newScope>> {
    const interrupt = wrap('interrupt', (_asked: unknown): unknown => ({ decisions }));
    const create = wrap('humanInTheLoopMiddleware', () => ({
      afterModel: {
        hook: (state: { messages: { tool_calls: unknown[] }[] }, _runtime: unknown) => {
          const message = state.messages.at(-1);
          if (asks) interrupt({ actionRequests: message?.tool_calls });
          if (message !== undefined) message.tool_calls = [];
          return Promise.resolve({});
        },
      },
    }));
    const given = { configurable: { approver: { id: 'ana@example.com' } } };
    const state = { messages: [{ tool_calls: [...calls] }] };
    await fixture.scopes.run(scope, () => create().afterModel.hook(state, given));
    return scope;
  }

  test('that approves is recorded with the call that follows', async () => {
    const scope = await review([{ type: 'approve' }, { type: 'approve', message: 'fine' }]);
    const tool = createTool(() => 'done');
    const call = { toolCall: { id: 'call_2' } };
    await fixture.scopes.run(scope, () => tool.call({ amount: 6 }, call));
    const { attributes } = sdk.span('execute_tool refund');
    expect(attributes).toMatchObject({
      'aftertrace.override.decision': 'approve',
      'aftertrace.override.actor.id': 'ana@example.com',
      'aftertrace.override.reason': 'fine',
    });
  });

  const decisions = (): unknown[] =>
    sdk.spans().map(({ attributes }) => attributes['aftertrace.override.decision']);
  const approval = [{ type: 'approve' }, { type: 'approve' }];

  test('of one conversation approves of nothing in another one in the same run', async () => {
    const scope = await review(approval);
    const tool = createTool(() => 'done');
    const other = { ...scope, agent: { ...scope.agent, conversationId: 'c-2' } };
    await fixture.scopes.run(other, () => tool.call({ amount: 5 }, withId));
    await fixture.scopes.run(scope, () => tool.call({ amount: 5 }, withId));
    expect(decisions()).toEqual([undefined, 'approve']);
  });

  test('approves of nothing else under its id, and of it once', async () => {
    const scope = await review(approval);
    const tool = createTool(() => 'done');
    const other = Object.assign(
      createTool(() => 'gone'),
      { name: 'delete_order' },
    );
    await fixture.scopes.run(scope, async () => {
      await tool.call({ amount: 500 }, withId);
      await other.call({ amount: 5 }, withId);
      await tool.call({ amount: 5 }, withId);
      await tool.call({ amount: 5 }, withId);
    });
    expect(decisions()).toEqual([undefined, undefined, 'approve', undefined]);
  });

  test('approves of what its tool was called with, and not of what a schema made of it', async () => {
    const scope = await review(approval);
    const call = wrap(
      'StructuredTool.prototype.call',
      function call(
        this: { _call: (...args: unknown[]) => unknown },
        input: object,
        config: object,
      ) {
        return Promise.resolve(this._call({ ...input, currency: 'EUR' }, undefined, config));
      },
    );
    const tool = { name: 'refund', _call: () => 'done', call };
    await fixture.scopes.run(scope, () => tool.call({ amount: 5 }, withId));
    expect(decisions()).toEqual(['approve']);
  });

  test('approves of no later call that is like one which was never made', async () => {
    const scope = await review(approval);
    await review([{ type: 'ignored' }, { type: 'ignored' }], { scope, asks: false });
    const tool = createTool(() => 'done');
    await fixture.scopes.run(scope, () => tool.call({ amount: 5 }, withId));
    expect(decisions()).toEqual([undefined]);
  });

  test('that edits approves of what it was edited to, under its new name', async () => {
    const editedAction = { name: 'credit', args: { amount: 1 } };
    const scope = await review([{ type: 'edit', editedAction }, { type: 'approve' }]);
    const tool = createTool(() => 'done');
    const credit = Object.assign(
      createTool(() => 'done'),
      { name: 'credit' },
    );
    await fixture.scopes.run(scope, async () => {
      await tool.call({ amount: 5 }, withId);
      await credit.call({ amount: 1 }, withId);
    });
    expect(decisions()).toEqual([undefined, 'modify']);
  });

  test('that rejects one has a denied call, and the other is approved of nothing', async () => {
    const scope = await review([{ type: 'reject', message: 'no' }, { type: 'approve' }]);
    const { attributes, status } = sdk.span('execute_tool refund');
    expect(attributes).toMatchObject({
      'aftertrace.tool.outcome': 'denied',
      'aftertrace.override.decision': 'reject',
      'gen_ai.tool.call.id': 'call_1',
    });
    expect(status.code).toBe(0);
    sdk.reset();
    const tool = createTool(() => 'done');
    const call = { toolCall: { id: 'call_2' } };
    await fixture.scopes.run(scope, () => tool.call({ amount: 6 }, call));
    const later = sdk.span('execute_tool refund').attributes;
    expect(later).not.toHaveProperty('aftertrace.override.decision');
  });
});

describe('a node that calls tools', () => {
  const message = { tool_calls: [{ name: 'invented', args: {}, id: 'call_9' }] };
  const answered = { messages: [{ tool_call_id: 'call_9', status: 'error' }] };

  test.each([
    ['answers', (): Promise<unknown> => Promise.resolve(answered)],
    ['rejects', (): Promise<unknown> => Promise.reject(new Error('not found'))],
  ])('and does not have the tool %s, and the call has failed', async (_how, node) => {
    const run = wrap('ToolNode.prototype.run', (_input: unknown) => node());
    const given = Reflect.apply(run, { tools: [{ name: 'refund' }] }, [{ messages: [message] }]);
    await Promise.resolve(given).catch(() => undefined);
    const { attributes } = sdk.span('execute_tool invented');
    expect(attributes['aftertrace.tool.failure.class']).toBe('unknown_tool');
  });

  test('and has the tool is left alone', async () => {
    const run = wrap('ToolNode.prototype.run', (_input: unknown) => Promise.resolve(answered));
    await Reflect.apply(run, { tools: [{ name: 'invented' }] }, [{ messages: [message] }]);
    expect(sdk.spans()).toEqual([]);
  });
});
