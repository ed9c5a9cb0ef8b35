import { compileBundle } from '@aftertrace/policy/compile';
import * as api from '@opentelemetry/api';
import { beforeEach, describe, expect, test } from 'vitest';

import { containment, createGuardFixture, newScope, rule } from '../testing/guard-fixture.ts';
import { startRecordingSdk } from '../testing/recording-sdk.ts';

const sdk = startRecordingSdk([
  {
    // A processor that throws must not reach the tool.
    onStart: () => undefined,
    onEnd: (span) => {
      if (span.attributes['gen_ai.tool.name'] === 'chaos') throw new Error('processor');
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  },
]);

beforeEach(() => sdk.reset());

describe('the shape of what a tool returns', () => {
  const fixture = createGuardFixture();
  const cleared = (): ReturnType<typeof fixture.guard.clear> =>
    fixture.guard.clear(fixture.call({ tool: 'anything' }));

  test('a value stays a value and a promise a promise', async () => {
    const clearance = cleared();
    if (clearance instanceof Promise) throw new Error('nothing had to be awaited');
    expect(fixture.guard.run(clearance, { execute: () => 7 })).toBe(7);
    const promise = fixture.guard.run(clearance, { execute: () => Promise.resolve(8) });
    expect(promise).toBeInstanceOf(Promise);
    expect(await promise).toBe(8);
  });

  test('an answer in parts stays one, judged by its last part, in the context of its call', async () => {
    const clearance = await cleared();
    const active: unknown[] = [];
    const parts = fixture.guard.run(clearance, {
      execute: async function* () {
        active.push(api.trace.getActiveSpan()?.spanContext().spanId);
        yield 'working';
        active.push(api.trace.getActiveSpan()?.spanContext().spanId);
        yield { success: false };
      },
    });
    const got: unknown[] = [];
    for await (const part of parts) got.push(part);
    expect(got).toEqual(['working', { success: false }]);
    const span = sdk.span('execute_tool anything');
    expect(active).toEqual([span.spanContext().spanId, span.spanContext().spanId]);
    expect(span.attributes['aftertrace.tool.outcome']).toBe('failed');
  });

  test('a consumer that goes away closes the tool and its span', async () => {
    let closed = false;
    const parts = fixture.guard.run(await cleared(), {
      execute: async function* () {
        try {
          yield 1;
          yield 2;
        } finally {
          closed = true;
        }
      },
    });
    for await (const part of parts) if (part === 1) break;
    expect(closed).toBe(true);
    expect(sdk.span('execute_tool anything').ended).toBe(true);
  });

  test.each([new TypeError('x'), 'a text', undefined])(
    'what it throws comes out untouched: %s',
    async (thrown) => {
      const fail = (): never => {
        throw thrown;
      };
      const caught: unknown[] = [];
      for (const execute of [fail, async () => fail()]) {
        try {
          await fixture.guard.run(await cleared(), { execute });
        } catch (error) {
          caught.push(error);
        }
      }
      expect(caught).toEqual([thrown, thrown]);
      expect(caught[0]).toBe(thrown);
      expect(sdk.events('aftertrace.tool.outcome')).toHaveLength(2);
    },
  );

  test('a span processor that throws changes nothing for the tool', async () => {
    const clearance = await fixture.guard.clear(fixture.call({ tool: 'chaos' }));
    expect(fixture.guard.run(clearance, { execute: () => 'fine' })).toBe('fine');
    expect(fixture.diagnostics.counts().get('guard.finish')).toBe(1);
  });

  test('a result whose getters throw is passed on and left unjudged', async () => {
    const hostile = Object.defineProperty({}, 'error', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(fixture.guard.run(await cleared(), { execute: () => hostile })).toBe(hostile);
    expect(sdk.span('execute_tool anything').attributes['aftertrace.tool.outcome']).toMatch(
      /ok|unknown/,
    );
  });
});

test('the same call seen twice is judged once; a tool that calls itself with other arguments is judged again', async () => {
  const { guard, call, enforce } = createGuardFixture();
  await enforce([
    rule('block', { match: { tool: 'refund', arguments: [{ pointer: '/amount', above: 100 }] } }),
  ]);
  const scope = newScope();
  const inner = async (amount: number): Promise<unknown> =>
    guard.call(call({ scope, arguments: { amount } }), { execute: () => `refunded ${amount}` });
  const outer = guard.call(call({ scope }), { execute: async () => inner(5) });
  expect(await outer).toBe('refunded 5');
  expect(sdk.spans()).toHaveLength(1);
  expect(scope.run.toolCalls).toBe(1);
  const sneaky = guard.call(call({ scope }), { execute: async () => inner(500) });
  await expect(sneaky).rejects.toMatchObject({ code: 'call_refused' });
});

test('a plain allow records nothing but its span', async () => {
  const { guard, call, enforce, evidence } = createGuardFixture();
  await enforce([rule('allow'), rule('block', { match: { tool: 'other' } })]);
  await guard.call(call(), { execute: () => 'ok' });
  expect(evidence).toEqual([]);
  expect(sdk.events()).toEqual([]);
  const { attributes } = sdk.span('execute_tool refund');
  expect(Object.keys(attributes).filter((key) => key.includes('decision'))).toEqual([]);
});

test('a refusal is thrown for the model to read, and its span is an instant without an error', async () => {
  const { guard, call, enforce, evidence } = createGuardFixture();
  await enforce([rule('block', { with: { message: 'refunds are closed' } })]);
  let ran = false;
  const attempt = guard.call(call(), { execute: () => (ran = true) });
  await expect(attempt).rejects.toMatchObject({
    code: 'call_refused',
    message: 'refunds are closed',
  });
  expect(ran).toBe(false);
  const span = sdk.span('execute_tool refund');
  expect(span.startTime).toEqual(span.endTime);
  expect(span.status.code).toBe(api.SpanStatusCode.UNSET);
  expect(evidence).toMatchObject([
    {
      type: 'decision',
      data: {
        verdict: 'block',
        executed: false,
        actionDigest: expect.stringMatching(/^sha256:/) as unknown,
      },
    },
  ]);
});

test('results are redacted and withheld by the rules about them', async () => {
  const { guard, call, enforce, evidence } = createGuardFixture({ captureContent: true });
  await enforce([
    rule('redact', { with: { redactions: [{ in: 'result', pointer: '/card' }] } }),
    rule('block', {
      match: { tool: 'refund', result: [{ pointer: '/secret', exists: true }] },
      with: { message: 'that is not for you' },
    }),
  ]);
  const card = { card: '4111111111111111', left: 1 };
  const delivered = await guard.call(call(), { execute: () => card });
  expect(delivered).toEqual({ card: '[REDACTED]', left: 1 });
  expect(card.card).toBe('4111111111111111');
  const span = sdk.span('execute_tool refund');
  expect(span.attributes['gen_ai.tool.call.result']).toBe('{"card":"[REDACTED]","left":1}');
  const withheld = guard.call(call(), { execute: () => ({ secret: 1 }) });
  await expect(withheld).rejects.toMatchObject({
    code: 'call_stopped',
    message: 'that is not for you',
  });
  expect(evidence.at(-1)).toMatchObject({ data: { verdict: 'block', executed: true } });
});

test('each part of an answer is redacted, and none follows the one that is withheld', async () => {
  const { guard, call, enforce } = createGuardFixture();
  await enforce([
    rule('redact', { with: { redactions: [{ in: 'result', pointer: '', detect: ['email'] }] } }),
    rule('block', { match: { tool: 'refund', result: [{ pointer: '', contains: ['stop'] }] } }),
  ]);
  const got: unknown[] = [];
  const read = async (): Promise<void> => {
    const cleared = await guard.clear(call());
    const parts = guard.run(cleared, {
      execute: async function* () {
        yield 'from ana@example.com';
        yield 'stop';
        yield 'never';
      },
    });
    for await (const part of parts) got.push(part);
  };
  await expect(read()).rejects.toMatchObject({ code: 'call_stopped' });
  expect(got).toEqual(['from [REDACTED]']);
});

describe('containments', () => {
  test('stop a call under way at once, even if it ignores its signal; its late result reaches nobody', async () => {
    const { guard, call, enforce, inFlight } = createGuardFixture();
    const late = Promise.withResolvers<string>();
    let signal: AbortSignal | undefined;
    const attempt = guard.call(call(), {
      execute: (_args, given) => {
        signal = given();
        return late.promise;
      },
    });
    await Promise.resolve();
    expect(inFlight.size).toBe(1);
    await enforce([], [containment()]);
    await expect(attempt).rejects.toMatchObject({ code: 'call_stopped' });
    expect(signal?.aborted).toBe(true);
    late.resolve('late');
    await late.promise;
    expect(sdk.span('execute_tool refund').attributes['aftertrace.tool.outcome']).toBe('cancelled');
    expect(inFlight.size).toBe(0);
  });

  test('of the finishing kind, in shadow or of another tool let it finish', async () => {
    const { guard, call, enforce } = createGuardFixture();
    const done = Promise.withResolvers<string>();
    const attempt = guard.call(call(), { execute: () => done.promise });
    await Promise.resolve();
    await enforce(
      [],
      [
        containment({ inFlight: 'finish' }),
        containment({ id: 'ctn_2', mode: 'shadow' }),
        containment({ id: 'ctn_3', scope: { tool: 'other' } }),
      ],
    );
    done.resolve('done');
    expect(await attempt).toBe('done');
  });

  test('that come between the decision and the call are obeyed', async () => {
    const { guard, call, enforce } = createGuardFixture();
    const cleared = await guard.clear(call());
    await enforce([], [containment()]);
    let ran = false;
    expect(() => guard.run(cleared, { execute: () => (ran = true) })).toThrow(
      expect.objectContaining({ code: 'call_refused' }) as Error,
    );
    expect(ran).toBe(false);
  });
});

describe('what the policy in force says of a tool', () => {
  test('decides how its calls are judged, and is replaced with it', async () => {
    const fixture = createGuardFixture();
    const { enforcement, guard, call } = fixture;
    const put = async (revision: number, equals?: string): Promise<void> => {
      const profiles = [{ id: 'mine', tools: ['seats'], failure: [{ pointer: '/state', equals }] }];
      const result = compileBundle({
        name: 'test',
        revision,
        rules: [],
        ...(equals === undefined ? {} : { profiles }),
      });
      if (!result.ok) throw new Error(JSON.stringify(result.problems));
      await enforcement.apply([], () => Promise.resolve(result));
    };
    const judged = async (): Promise<unknown> => {
      sdk.reset();
      await guard.call(call({ tool: 'seats' }), { execute: () => ({ state: 'REFUSED' }) });
      return sdk.span('execute_tool seats').attributes['aftertrace.tool.outcome'];
    };
    expect(await judged()).toBe('ok');
    await put(1, 'REFUSED');
    expect([await judged(), await judged()]).toEqual(['failed', 'failed']);
    await put(2, 'LOST');
    expect(await judged()).toBe('ok');
    await put(3, 'REFUSED');
    expect(await judged()).toBe('failed');
    await put(4);
    expect(await judged()).toBe('ok');
  });
});
