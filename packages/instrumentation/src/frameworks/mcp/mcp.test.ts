import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { containment, newScope, rule } from '../../testing/guard-fixture.ts';
import { startRecordingSdk } from '../../testing/recording-sdk.ts';
import type { Run } from '../../spans/scope.ts';
import type { AnyFunction } from '../framework.ts';
import { mcp } from './adapter.ts';
import type { McpRequest, RequestOptions } from './types.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
beforeEach(() => {
  fixture = createAdapterFixture();
});
afterEach(() => sdk.reset());

const site = { version: '1.32.2', format: 'module' } as const;
const V1 = '@modelcontextprotocol/sdk';
const V2 = '@modelcontextprotocol/client';
const TASK_SCHEMA = { safeParse: () => undefined };

/** What reached the server. */
interface Sent {
  readonly name: string;
  readonly arguments?: unknown;
  readonly _meta?: Record<string, unknown>;
}

/** A client as the SDK has it: `callTool` ends in `request`, and so does whoever goes around it. */
function createClient(
  name: string,
  answer: (sent: Sent) => unknown = () => ({ content: [] }),
  taskResult?: unknown,
) {
  const sent: Sent[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  class Protocol {
    request(given: McpRequest, ...rest: unknown[]): Promise<unknown> {
      if (given.method === 'tasks/result') return Promise.resolve(taskResult);
      if (given.method !== 'tools/call') return Promise.resolve({ method: given.method });
      sent.push(given.params as Sent);
      const options = rest.find((value) => value !== TASK_SCHEMA) as RequestOptions | undefined;
      signals.push(options?.signal);
      return Promise.resolve(answer(given.params as Sent));
    }
    async *requestStream(given: McpRequest, ...rest: unknown[]): AsyncGenerator<unknown> {
      yield { type: 'taskCreated', task: await this.request(given, ...rest) };
      yield { type: 'result', result: { content: [], isError: true } };
    }
  }
  class Client extends Protocol {
    callTool(params: unknown, ...rest: unknown[]): Promise<unknown> {
      const method = 'tools/call';
      const options = name === V1 ? [TASK_SCHEMA, rest[1]] : [rest[0]];
      return this.request({ method, params }, ...options);
    }
    listTools(): Promise<{ tools: readonly { name: string }[] }> {
      return Promise.resolve({ tools: [{ name: 'refund' }, { name: 'look' }] });
    }
  }
  const wrap = (owner: object, symbol: string): void => {
    const key = symbol.split('.').at(-1) ?? '';
    const original = Reflect.get(owner, key) as AnyFunction;
    const wrapped = mcp.wrap(fixture.runtime, { ...site, package: name, symbol }, original);
    Reflect.set(owner, key, wrapped);
  };
  wrap(Protocol.prototype, 'Protocol.prototype.request');
  wrap(Protocol.prototype, 'Protocol.prototype.requestStream');
  wrap(Client.prototype, 'Client.prototype.callTool');
  wrap(Client.prototype, 'Client.prototype.listTools');
  return { client: new Client(), sent, signals };
}

const call = { name: 'refund', arguments: { amount: 5 } };

describe.each([V1, V2])('a client of %s', (name) => {
  test('has one span for one call, and its server gets the context of that span', async () => {
    const { client, sent } = createClient(name);
    const result = await client.callTool(call);
    expect(result).toEqual({ content: [] });
    const span = sdk.span('execute_tool refund');
    expect(span.attributes).toMatchObject({
      'aftertrace.tool.outcome': 'empty',
      'mcp.method.name': 'tools/call',
    });
    const { traceId, spanId } = span.spanContext();
    expect(sent).toEqual([{ ...call, _meta: { traceparent: `00-${traceId}-${spanId}-01` } }]);
  });

  test('is answered with an error of the tool where the call is refused, and the server is not asked', async () => {
    await fixture.enforce([rule('block', { with: { message: 'no refunds' } })]);
    const { client, sent } = createClient(name);
    const result = await client.callTool(call);
    expect(result).toEqual({ content: [{ type: 'text', text: 'no refunds' }], isError: true });
    expect(sent).toEqual([]);
    const { attributes, status } = sdk.span('execute_tool refund');
    expect(attributes['aftertrace.tool.outcome']).toBe('denied');
    expect(status.code).toBe(0);
  });

  test('sends the arguments that policy left, and what the application put into _meta', async () => {
    const redactions = [{ in: 'arguments', pointer: '/amount', replacement: 'gone' }];
    await fixture.enforce([rule('redact', { with: { redactions } })]);
    const { client, sent } = createClient(name);
    const meta = { progressToken: 1, traceparent: 'mine' };
    await client.callTool({ ...call, _meta: meta });
    expect(sent).toEqual([{ name: 'refund', arguments: { amount: 'gone' }, _meta: meta }]);
  });

  test('is governed also where the application sends the request itself', async () => {
    await fixture.enforce([rule('block')]);
    const { client, sent } = createClient(name);
    const request = { method: 'tools/call', params: call };
    const direct = await client.request(request, ...(name === V1 ? [TASK_SCHEMA] : []));
    expect(direct).toMatchObject({ isError: true });
    expect(sent).toEqual([]);
    expect(await client.request({ method: 'tools/list' })).toEqual({ method: 'tools/list' });
    expect(sdk.spans()).toHaveLength(1);
  });

  test('passes the caller’s own signal on to what a kill aborts', async () => {
    const { client, signals } = createClient(name, () => new Promise(() => undefined));
    const place = name === V1 ? [undefined, {}] : [{}];
    const going = client.callTool(call, ...place);
    await expect.poll(() => signals.length).toBe(1);
    const kill = containment({ kind: 'kill', scope: 'global' });
    await fixture.enforce([], [kill]);
    const result = (await going) as { content: readonly { text: string }[]; isError: boolean };
    expect(result.isError).toBe(true);
    expect(result.content[0]?.text).toContain(kill.reason);
    expect(signals[0]?.aborted).toBe(true);
    const { attributes } = sdk.span('execute_tool refund');
    expect(attributes['aftertrace.tool.outcome']).toBe('cancelled');
  });

  test('does not show tools that are revoked', async () => {
    const { client } = createClient(name);
    const all = await client.listTools();
    expect(all.tools.map((tool) => tool.name)).toEqual(['refund', 'look']);
    await fixture.enforce([], [containment()]);
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual(['look']);
  });

  test.each([undefined, null, 'refund', { name: 5 }])(
    'leaves to the client what is no call of a tool: %j',
    async (params) => {
      const { client, sent } = createClient(name);
      await client.callTool(params);
      expect(sent).toEqual([params]);
      expect(sdk.spans()).toEqual([]);
    },
  );
});

test('a call that a framework has judged further out is judged once, and its span tells that it was MCP', async () => {
  await fixture.enforce([rule('block', { match: { tool: 'look' } })]);
  const { client } = createClient(V2, () => ({ content: [], isError: true }));
  const outer = fixture.call({ arguments: { amount: 5 } });
  await fixture.guard.call(outer, {
    execute: (args) => client.callTool({ ...call, arguments: args }),
  });
  const { attributes } = sdk.span('execute_tool refund');
  expect(attributes['mcp.method.name']).toBe('tools/call');
  expect(outer.scope.run.toolCalls).toBe(1);
});

describe('a call that a framework has judged under a name with a prefix', () => {
  const outside = async (
    tool: string,
  ): Promise<{ readonly run: Run; readonly sent: unknown[] }> => {
    const { client, sent } = createClient(V2);
    const outer = fixture.call({ tool, arguments: { amount: 5 } });
    await fixture.guard.call(outer, {
      execute: (args) => client.callTool({ ...call, arguments: args }),
    });
    return { run: outer.scope.run, sent };
  };

  test.each(['shop_refund', 'mcp__shop__refund', 'shop.refund', 'shop-refund'])(
    '%s is judged once',
    async (tool) => {
      await fixture.enforce([rule('flag', { match: {} }), rule('block', { match: { tool: 'x' } })]);
      const { run, sent } = await outside(tool);
      expect(sent).toHaveLength(1);
      expect(run.toolCalls).toBe(1);
      expect(sdk.spans().map(({ name }) => name)).toEqual([`execute_tool ${tool}`]);
    },
  );

  test('is judged again where the end of its name is a part of a word', async () => {
    const { run } = await outside('prerefund');
    expect(run.toolCalls).toBe(2);
  });

  test.each([
    ['a rule', [rule('block')], []],
    [
      'a rule about results',
      [rule('block', { match: { tool: 'refund', result: [{ pointer: '', contains: ['stop'] }] } })],
      [],
    ],
    ['a containment', [], [containment()]],
  ] as const)(
    'is judged again where %s is about the name without',
    async (_what, rules, orders) => {
      await fixture.enforce([...rules], [...orders]);
      const { run } = await outside('shop_refund');
      expect(run.toolCalls).toBe(2);
    },
  );
});

test('a call inside a run belongs to it', async () => {
  const { client } = createClient(V1);
  const scope = newScope('shop');
  await fixture.scopes.run(scope, () => client.callTool(call));
  expect(sdk.span('execute_tool refund').attributes['gen_ai.agent.name']).toBe('shop');
  expect(scope.run.toolCalls).toBe(1);
});

describe('a call as a task', () => {
  const streamed = async (client: {
    requestStream(given: McpRequest, ...rest: unknown[]): AsyncGenerator<unknown>;
  }): Promise<unknown[]> => {
    const request = { method: 'tools/call', params: call };
    return Array.fromAsync(client.requestStream(request, TASK_SCHEMA, { task: {} }));
  };

  test('is one call, whose outcome is that of its last message', async () => {
    const { client } = createClient(V1);
    const messages = await streamed(client);
    expect(messages).toHaveLength(2);
    const { attributes } = sdk.span('execute_tool refund');
    expect(attributes['aftertrace.tool.failure.rule']).toBe('mcp.is_error');
  });

  test('has a result that says so where it is refused', async () => {
    await fixture.enforce([rule('block')]);
    const { client, sent } = createClient(V1);
    const messages = await streamed(client);
    expect(messages).toMatchObject([{ type: 'result', result: { isError: true } }]);
    expect(sent).toEqual([]);
  });

  test('rejects where the task itself is refused: a result in its place would be none', async () => {
    await fixture.enforce([rule('block')]);
    const { client } = createClient(V1);
    const request = { method: 'tools/call', params: call };
    const refused = client.request(request, TASK_SCHEMA, { task: {} });
    await expect(refused).rejects.toMatchObject({ code: 'call_refused' });
  });

  describe('whose result is asked for later', () => {
    const begin = async (result: unknown) => {
      const answer = (): unknown => ({ task: { taskId: 't1' } });
      const { client } = createClient(V1, answer, result);
      const scope = newScope();
      const ask = (method: string, params: unknown): Promise<unknown> =>
        fixture.scopes.run(scope, () =>
          client.request({ method, params }, TASK_SCHEMA, { task: {} }),
        );
      expect(await ask('tools/call', call)).toEqual({ task: { taskId: 't1' } });
      return { scope, ask };
    };

    test('is under way until then, and has what policy made of the result, each time', async () => {
      const text = 'to ana@example.com';
      const with_ = {
        redactions: [{ in: 'result' as const, pointer: '', detect: ['email' as const] }],
      };
      await fixture.enforce([rule('redact', { with: with_ })]);
      const { ask } = await begin({ content: [{ type: 'text', text }] });
      expect(sdk.spans()).toEqual([]);
      for (let times = 0; times < 2; times += 1) {
        const result = await ask('tasks/result', { taskId: 't1' });
        expect(JSON.stringify(result)).not.toContain('ana@example.com');
      }
      expect(sdk.span('execute_tool refund').attributes['aftertrace.tool.outcome']).toBe('ok');
      expect(await ask('tasks/result', { taskId: 'other' })).toMatchObject({ content: [{ text }] });
    });

    test('is judged by it', async () => {
      const { ask } = await begin({ content: [], isError: true });
      await ask('tasks/result', { taskId: 't1' });
      const { attributes } = sdk.span('execute_tool refund');
      expect(attributes['aftertrace.tool.failure.rule']).toBe('mcp.is_error');
    });

    test('is unknown where nobody asks before the run ends', async () => {
      const { scope } = await begin({});
      for (const tell of scope.run.onEnd ?? []) tell();
      await new Promise((resolve) => setImmediate(resolve));
      const { attributes } = sdk.span('execute_tool refund');
      expect(attributes['aftertrace.tool.outcome']).toBe('unknown');
    });

    test('is what policy makes of it where somebody asks after the run', async () => {
      const { scope, ask } = await begin({ content: [] });
      for (const tell of scope.run.onEnd ?? []) tell();
      expect(await ask('tasks/result', { taskId: 't1' })).toEqual({ content: [] });
      await fixture.enforce([rule('block', { with: { message: 'closed' } })]);
      const refused = { isError: true, content: [{ text: 'closed' }] };
      expect(await ask('tasks/result', { taskId: 't1' })).toMatchObject(refused);
    });

    test('costs a long run no more with each task', async () => {
      const { scope, ask } = await begin({ content: [] });
      for (let times = 0; times < 3; times += 1) {
        await ask('tasks/result', { taskId: 't1' });
        await ask('tools/call', call);
      }
      expect(scope.run.onEnd).toHaveLength(1);
      // An id that the server gives again is that of the last: those before have ended.
      expect(sdk.spans()).toHaveLength(3);
    });

    test('ends where the server gives its id to another before anybody asks', async () => {
      const { ask } = await begin({ content: [] });
      await ask('tools/call', call);
      await new Promise((resolve) => setImmediate(resolve));
      const [first] = sdk.spans();
      expect(first?.attributes['aftertrace.tool.outcome']).toBe('unknown');
    });
  });
});
