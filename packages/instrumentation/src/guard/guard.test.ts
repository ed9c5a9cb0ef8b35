import { compileBundle } from '@aftertrace/policy/compile';
import type { Override } from '@aftertrace/schema';
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

const override = (decision: Override['decision']): Override => ({
  id: 'ovr_1',
  at: '2026-11-23T10:00:00.000Z',
  kind: 'approval',
  actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
  decision,
  reason: 'because',
  prior: { source: 'policy', decision: 'escalate' },
  actionDigest: 'sha256:0',
  outcome: { status: 'pending' },
  agent: 'support',
});

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
        signal = given;
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

describe('a call that waits for a person', () => {
  test('runs once approved, with what was approved', async () => {
    const fixture = createGuardFixture();
    const { guard, call, asked, evidence } = fixture;
    await fixture.enforce([rule('escalate')]);
    fixture.answer = () => Promise.resolve({ kind: 'answered', override: override('approve') });
    expect(await guard.call(call(), { execute: (args) => args })).toEqual({ amount: 5 });
    expect(asked).toMatchObject([{ tool: 'refund', arguments: { amount: 5 }, run: 'run-1' }]);
    expect(evidence.map(({ type }) => type)).toEqual(['decision', 'override.outcome']);
    expect(evidence[1]).toMatchObject({ data: { status: 'succeeded' } });
    const [decision] = evidence;
    expect(decision).toMatchObject({ data: { actionDigest: asked[0]?.actionDigest } });
  });

  test('is refused when a containment came meanwhile, although a person approved', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([rule('escalate')]);
    fixture.answer = async () => {
      await fixture.enforce([rule('escalate')], [containment()]);
      return { kind: 'answered', override: override('approve') };
    };
    const attempt = fixture.guard.call(fixture.call(), { execute: () => 'ran' });
    await expect(attempt).rejects.toMatchObject({ code: 'call_refused' });
    expect(fixture.evidence.at(-1)).toMatchObject({ data: { status: 'not_executed' } });
    expect(sdk.span('execute_tool refund').attributes).toMatchObject({
      'aftertrace.decision.source': 'containment',
      'aftertrace.override.outcome': 'not_executed',
    });
  });

  test('is refused when the person’s own arguments are blocked', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([
      rule('escalate'),
      rule('block', { match: { tool: 'refund', arguments: [{ pointer: '/amount', above: 100 }] } }),
    ]);
    fixture.answer = () =>
      Promise.resolve({
        kind: 'answered',
        override: override('modify'),
        arguments: { amount: 500 },
      });
    const attempt = fixture.guard.call(fixture.call(), { execute: () => 'ran' });
    await expect(attempt).rejects.toMatchObject({ code: 'call_refused' });
  });

  test('is refused when its arguments are others by the time the answer comes', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([rule('escalate')]);
    const args = { amount: 5 };
    fixture.answer = () => {
      args.amount = 90;
      return Promise.resolve({ kind: 'answered', override: override('approve') });
    };
    const attempt = fixture.guard.call(fixture.call({ arguments: args }), { execute: () => 'ran' });
    await expect(attempt).rejects.toThrow('have changed since a person was asked');
    expect(fixture.evidence.at(-1)).toMatchObject({ data: { status: 'not_executed' } });
  });

  test('is refused when its arguments change after the answer, before it is made', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([rule('escalate')]);
    const args = { amount: 5 };
    fixture.answer = () => Promise.resolve({ kind: 'answered', override: override('approve') });
    const cleared = await fixture.guard.clear(fixture.call({ arguments: args }));
    args.amount = 90;
    expect(() => fixture.guard.run(cleared, { execute: () => 'ran' })).toThrow('have changed');
  });

  test('is refused when nobody answered in time, that lets it go, and it is another one by then', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([rule('escalate', { with: { onExpiry: 'allow' } })]);
    const args = { amount: 5 };
    fixture.answer = () => {
      args.amount = 90;
      return Promise.resolve({ kind: 'expired' });
    };
    const attempt = fixture.guard.call(fixture.call({ arguments: args }), { execute: () => 'ran' });
    await expect(attempt).rejects.toThrow('have changed');
  });

  test('is refused when a person changes it to what only somebody else may approve', async () => {
    const fixture = createGuardFixture();
    const large = { tool: 'refund', arguments: [{ pointer: '/amount', above: 100 }] };
    const anybody = rule('escalate', { id: 'anybody' });
    const answer = (amount: number) =>
      Promise.resolve({
        kind: 'answered' as const,
        override: override('modify'),
        arguments: { amount },
      });
    await fixture.enforce([
      anybody,
      rule('escalate', { match: large, with: { approvers: ['cfo@example.com'] } }),
    ]);
    fixture.answer = () => answer(500);
    const attempt = fixture.guard.call(fixture.call(), { execute: () => 'ran' });
    await expect(attempt).rejects.toThrow('does not name as an approver');
    fixture.answer = () => answer(99);
    expect(await fixture.guard.call(fixture.call(), { execute: (args) => args })).toEqual({
      amount: 99,
    });
  });

  test('says whom each of the rules that escalate it names', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([
      rule('escalate', { id: 'anybody' }),
      rule('escalate', { id: 'money', with: { approvers: ['cfo'] } }),
      rule('escalate', { id: 'privacy', with: { approvers: ['dpo'] } }),
    ]);
    const attempt = fixture.guard.call(fixture.call(), { execute: () => 'ran' });
    await expect(attempt).rejects.toMatchObject({ code: 'call_refused' });
    expect(fixture.asked).toMatchObject([{ approvers: ['cfo'], furtherApprovers: [['dpo']] }]);
  });

  test.each([
    ['expired', { kind: 'expired' } as const],
    ['unavailable', { kind: 'unavailable', reason: 'nobody is there' } as const],
  ])('is refused when %s', async (_name, result) => {
    const fixture = createGuardFixture();
    await fixture.enforce([rule('escalate')]);
    fixture.answer = () => Promise.resolve(result);
    const attempt = fixture.guard.call(fixture.call(), { execute: () => 'ran' });
    await expect(attempt).rejects.toMatchObject({ code: 'call_refused' });
    expect(fixture.inFlight.size).toBe(0);
  });

  test('runs when nobody answered and its rule says so', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([rule('escalate', { with: { onExpiry: 'allow' } })]);
    expect(await fixture.guard.call(fixture.call(), { execute: () => 'ran' })).toBe('ran');
  });

  test('is not put to anybody when its arguments cannot be bound to an answer', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([rule('escalate')]);
    const call = fixture.call({ arguments: { amount: 5n } });
    const attempt = fixture.guard.call(call, { execute: () => 'ran' });
    await expect(attempt).rejects.toMatchObject({
      message: expect.stringContaining('canonical') as string,
    });
    expect(fixture.asked).toEqual([]);
  });

  test('ends as cancelled when its caller gives up', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([rule('escalate')]);
    const controller = new AbortController();
    fixture.answer = () => {
      controller.abort();
      return Promise.resolve({ kind: 'unavailable', reason: 'the call was cancelled' });
    };
    const call = fixture.call({ signal: controller.signal });
    await expect(fixture.guard.call(call, { execute: () => 'ran' })).rejects.toThrow(/cancelled/);
    expect(sdk.span('execute_tool refund').attributes['aftertrace.tool.outcome']).toBe('cancelled');
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
