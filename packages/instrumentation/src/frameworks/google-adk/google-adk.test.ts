import * as api from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { containment, newScope, rule } from '../../testing/guard-fixture.ts';
import { startRecordingSdk } from '../../testing/recording-sdk.ts';
import type { AnyFunction } from '../framework.ts';
import { googleAdk } from './adapter.ts';
import type { InvocationContext, Tool, ToolContext, ToolRequest } from './types.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
beforeEach(() => {
  fixture = createAdapterFixture();
});
afterEach(() => sdk.reset());

const site = { package: '@google/adk', version: '2.0.0', format: 'module' } as const;

function wrap<T>(symbol: string, original: T): T {
  return googleAdk.wrap(fixture.runtime, { ...site, symbol }, original as AnyFunction) as T;
}

/** As ADK's: a span of its own around the tool. */
function callTool() {
  const tracer = api.trace.getTracer('gcp.vertex.agent');
  return wrap('callToolAsync', (tool: Tool, args: unknown, toolContext: ToolContext) =>
    tracer.startActiveSpan(`execute_tool ${String(tool.name)}`, async (span) => {
      try {
        return await tool.runAsync?.({ args, toolContext });
      } finally {
        span.end();
      }
    }),
  );
}

const toolOf = (runAsync: (request: ToolRequest) => unknown): Tool => ({
  name: 'refund',
  description: 'Gives money back.',
  runAsync,
});
const context = (more: Partial<ToolContext> = {}): ToolContext => ({
  functionCallId: 'call_1',
  ...more,
});

describe('a tool', () => {
  test('is judged on the span that ADK opened itself, and has no second one', async () => {
    const failing = toolOf(() => Promise.reject(new Error('out of order')));
    await expect(callTool()(failing, { amount: 5 }, context())).rejects.toThrow('out of order');
    const { attributes, status } = sdk.span('execute_tool refund');
    expect(status.code).toBe(2);
    expect(attributes).toMatchObject({
      'gen_ai.tool.name': 'refund',
      'gen_ai.tool.call.id': 'call_1',
      'aftertrace.tool.outcome': 'failed',
    });
  });

  test('that is refused answers with the reason, and does not run', async () => {
    await fixture.enforce([rule('block', { with: { message: 'no refunds' } })]);
    const ran: unknown[] = [];
    const result = await callTool()(
      toolOf(({ args }) => ran.push(args)),
      {},
      context(),
    );
    expect(result).toEqual({ error: 'no refunds' });
    expect(ran).toEqual([]);
    const { attributes, status } = sdk.span('execute_tool refund');
    expect(attributes['aftertrace.tool.outcome']).toBe('denied');
    expect(status.code).toBe(0);
  });

  test('gets the arguments that policy left', async () => {
    const redactions = [{ in: 'arguments', pointer: '/amount', replacement: 'gone' }];
    await fixture.enforce([rule('redact', { with: { redactions } })]);
    const result = await callTool()(
      toolOf(({ args }) => args),
      { amount: 5 },
      context(),
    );
    expect(result).toEqual({ amount: 'gone' });
  });

  test('that asks for confirmation has not failed', async () => {
    const asking = context({ actions: { requestedToolConfirmations: { call_1: {} } } });
    const tool = toolOf(() => ({ error: 'requires confirmation' }));
    expect(await callTool()(tool, {}, asking)).toEqual({ error: 'requires confirmation' });
    const { attributes, status } = sdk.span('execute_tool refund');
    expect(attributes['aftertrace.tool.outcome']).toBe('unknown');
    expect(status.code).toBe(0);
  });

  test.each([
    [true, 'approve', 'ok'],
    [false, 'reject', 'denied'],
  ])(
    'that a person has confirmed (%s) has an override: %s',
    async (confirmed, decision, outcome) => {
      const payload = { approver: { id: 'ana@example.com' }, reason: 'I know them' };
      const answered = context({ toolConfirmation: { confirmed, payload } });
      const answer = confirmed ? 'done' : { error: 'This tool call is rejected.' };
      const own = { ...toolOf(() => answer), requireConfirmation: true };
      expect(await callTool()(own, {}, answered)).toBe(answer);
      expect(sdk.spans()).toHaveLength(1);
      expect(sdk.span('execute_tool refund').attributes).toMatchObject({
        'aftertrace.tool.outcome': outcome,
        'aftertrace.override.decision': decision,
        'aftertrace.override.actor.id': 'ana@example.com',
        'aftertrace.override.reason': 'I know them',
      });
    },
  );

  describe('that looks itself at a person’s no', () => {
    const answered = context({ toolConfirmation: { confirmed: false } });
    const toldReject = () =>
      sdk.spans().find(({ attributes }) => attributes['aftertrace.override.decision'] === 'reject')
        ?.attributes['aftertrace.tool.outcome'];

    test('runs under the policy as any other', async () => {
      await fixture.enforce([rule('block', { with: { message: 'no refunds' } })]);
      const ran: unknown[] = [];
      const tool = toolOf(({ args }) => ran.push(args));
      expect(await callTool()(tool, {}, answered)).toEqual({ error: 'no refunds' });
      expect(ran).toEqual([]);
      expect(toldReject()).toBe('denied');
    });

    test('and answers that it was rejected has not run', async () => {
      const refusal = { error: 'This tool call is rejected.' };
      expect(
        await callTool()(
          toolOf(() => refusal),
          {},
          answered,
        ),
      ).toBe(refusal);
      expect(toldReject()).toBe('denied');
    });

    test('and does something else is judged by that', async () => {
      await callTool()(
        toolOf(() => 'told the customer'),
        {},
        answered,
      );
      expect(toldReject()).toBe('ok');
    });
  });

  test('whose call has the id of what every object has, and fails, has failed', async () => {
    const tool = toolOf(() => ({ success: false, error: 'no such order' }));
    const hostile = { functionCallId: 'constructor', actions: { requestedToolConfirmations: {} } };
    await callTool()(tool, {}, context(hostile));
    const { attributes } = sdk.span('execute_tool refund');
    expect(attributes['aftertrace.tool.outcome']).toBe('failed');
  });

  test('that is not there has a failed call, and ADK’s error stays what it is', () => {
    const find = wrap('getToolAndContext', (_request: object): unknown => {
      throw new Error('Function invented is not found in the toolsDict.');
    });
    const request = { functionCall: { name: 'invented', id: 'c' }, toolsDict: {} };
    expect(() => find(request)).toThrow('toolsDict');
    const { attributes } = sdk.span('execute_tool invented');
    expect(attributes['aftertrace.tool.failure.class']).toBe('unknown_tool');
  });
});

describe('the SecurityPlugin', () => {
  const before = (result: unknown) =>
    wrap('_SecurityPlugin.prototype.beforeToolCallback', (_about: object) =>
      Promise.resolve(result),
    );
  const about = { tool: toolOf(() => 1), toolArgs: {}, toolContext: context() };

  test('that denies a call has made a decision, in a span', async () => {
    await before({ error: 'rejected by policy engine' })(about);
    expect(sdk.span('execute_tool refund').attributes).toMatchObject({
      'aftertrace.tool.outcome': 'denied',
      'aftertrace.decision.source': 'framework',
      'aftertrace.decision.reason': 'rejected by policy engine',
    });
  });

  test('that lets a call through, or asks first, has said nothing', async () => {
    await before(undefined)(about);
    await before({ partial: 'requires confirmation' })(about);
    expect(sdk.spans()).toEqual([]);
  });

  describe('that a person has answered', () => {
    const approve = async (toolContext: ToolContext, toolArgs: object): Promise<void> => {
      const toolConfirmation = { confirmed: true, payload: { approver: 'ana' } };
      const given = Object.assign(toolContext, { toolConfirmation });
      await before(undefined)({ ...about, toolArgs, toolContext: given });
      // As ADK's plugin: it uses the answer up.
      Object.assign(toolContext, { toolConfirmation: undefined });
    };
    const decisions = (): unknown[] =>
      sdk.spans().map(({ attributes }) => attributes['aftertrace.override.decision']);
    /** Two conversations in one run, in both of which the provider numbers its calls from 0. */
    const inOneRun = <T>(action: () => Promise<T>): Promise<T> =>
      fixture.scopes.run(newScope(), action);

    test('has approved one call, and not that of another conversation with its id', async () => {
      await inOneRun(async () => {
        const [mine, other] = [
          context({ functionCallId: 'call_0' }),
          context({ functionCallId: 'call_0' }),
        ];
        await approve(mine, { amount: 5 });
        await callTool()(about.tool, { amount: 500 }, other);
        await callTool()(about.tool, { amount: 5 }, mine);
      });
      expect(decisions()).toEqual([undefined, 'approve']);
    });

    test('has not approved what another plugin then makes of it', async () => {
      await inOneRun(async () => {
        const mine = context();
        const toolArgs = { amount: 5 };
        await approve(mine, toolArgs);
        toolArgs.amount = 500;
        await callTool()(about.tool, toolArgs, mine);
        await callTool()(about.tool, { amount: 5 }, mine);
      });
      expect(decisions()).toEqual([undefined, undefined]);
    });
  });

  test('that a person has answered tells who rejected', async () => {
    const toolContext = context({ toolConfirmation: { confirmed: false } });
    await before({ error: 'rejected from confirmation flow' })({ ...about, toolContext });
    const { attributes } = sdk.span('execute_tool refund');
    expect(attributes['aftertrace.override.decision']).toBe('reject');
  });
});

describe('an agent', () => {
  const session = { id: 's-1', userId: 'ana' };

  function agentOf(body: (context: InvocationContext) => AsyncGenerator<unknown>) {
    const trace = wrap('traceAgentInvocation', () => undefined);
    const tracer = api.trace.getTracer('gcp.vertex.agent');
    return wrap(
      '_BaseAgent.prototype.runAsync',
      async function* runAsync(this: unknown, given: InvocationContext): AsyncGenerator<unknown> {
        const span = tracer.startSpan('invoke_agent shop');
        api.context.with(api.trace.setSpan(api.context.active(), span), trace);
        yield* body(given);
        span.end();
      },
    );
  }
  const run = (agent: AnyFunction, given: InvocationContext): Promise<unknown[]> =>
    Array.fromAsync<unknown>(Reflect.apply(agent as never, { name: 'shop' }, [given]));

  test('is told on ADK’s own span, with its session as the conversation', async () => {
    const agent = agentOf(async function* events() {
      yield 1;
    });
    expect(await run(agent as AnyFunction, { session })).toEqual([1]);
    expect(sdk.span('invoke_agent shop').attributes).toHaveProperty('aftertrace.run.id');
    const [ended] = sdk.events('aftertrace.run.ended');
    expect(ended?.attributes).toMatchObject({
      'gen_ai.agent.name': 'shop',
      'gen_ai.conversation.id': 's-1',
      'user.id': 'ana',
    });
  });

  test('that a kill stops is stopped by its own signal, and its caller told', async () => {
    const agent = agentOf(async function* events(given) {
      yield 1;
      await fixture.enforce([], [containment({ kind: 'kill', scope: { agent: 'shop' } })]);
      if (given.abortSignal?.aborted !== true) yield 2;
    });
    await expect(run(agent as AnyFunction, { session })).rejects.toMatchObject({
      code: 'run_stopped',
    });
  });
});
