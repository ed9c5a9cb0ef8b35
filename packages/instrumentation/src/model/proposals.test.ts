import * as api from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Clearance } from '../guard/clearance.ts';
import type { ToolCall } from '../guard/tool-call.ts';
import { createAdapterFixture, type AdapterFixture } from '../testing/adapter-runtime.ts';
import { containment, newScope, rule } from '../testing/guard-fixture.ts';
import { startRecordingSdk } from '../testing/recording-sdk.ts';
import { judgeAnswer } from './judge-answer.ts';
import { createProposals, IMPLIED_RUNS } from './proposals.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
beforeEach(() => {
  fixture = createAdapterFixture();
});
afterEach(() => sdk.reset());

const RESULT = { toolCallId: 'call_1', asked: undefined, source: {}, result: 1 };
const outcomeOf = (tool: string): unknown =>
  sdk.span(`execute_tool ${tool}`).attributes['aftertrace.tool.outcome'];
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const propose = (call: ToolCall): Promise<readonly { kind: string }[]> =>
  Promise.resolve(judgeAnswer(fixture.runtime, [call]));

describe('a call that stands in a model’s answer', () => {
  test('is under way until the next request tells its end, and its result is redacted on the way', async () => {
    const redact = { redactions: [{ in: 'result', pointer: '/card' }] };
    await fixture.enforce([rule('redact', { with: redact })]);
    const call = fixture.call();
    expect(await propose(call)).toEqual([{ kind: 'as_is' }]);
    expect(sdk.spans()).toHaveLength(0);
    const { proposals } = fixture;
    const ended = proposals.end(call.scope.run, {
      ...RESULT,
      result: { card: 1, ok: 2 },
    });
    expect(await ended).toEqual({ card: '[REDACTED]', ok: 2 });
    expect(outcomeOf('refund')).toBe('ok');
    expect(proposals.end(call.scope.run, { ...RESULT, result: 1 })).toBeUndefined();
  });

  test('that is refused is told apart, has its span, and is not under way', async () => {
    await fixture.enforce([rule('block', { with: { message: 'closed' } })]);
    expect(await propose(fixture.call())).toEqual([{ kind: 'refused', message: 'closed' }]);
    expect(outcomeOf('refund')).toBe('denied');
    expect(fixture.proposals.size).toBe(0);
  });

  test('whose end nobody tells is unknown, when its run ends', async () => {
    const call = fixture.call();
    await propose(call);
    for (const tell of call.scope.run.onEnd ?? []) tell();
    await settled();
    expect(outcomeOf('refund')).toBe('unknown');
    const [event] = sdk.events('aftertrace.tool.outcome');
    expect(event?.attributes['aftertrace.tool.outcome']).toBe('unknown');
  });

  test('is not judged a second time when it is made, and once only', async () => {
    await fixture.enforce([rule('flag')]);
    const call = fixture.call();
    await propose(call);
    const made = { ...call, toolCallId: undefined };
    const result = await fixture.guard.call(made, { execute: () => 'made' });
    expect(result).toBe('made');
    expect(sdk.events('aftertrace.tool.decision')).toHaveLength(1);
    await fixture.guard.call(made, { execute: () => 'again' });
    expect(sdk.events('aftertrace.tool.decision')).toHaveLength(2);
  });

  test('is judged once also where adapters meet it one within another', async () => {
    await fixture.enforce([rule('flag')]);
    const call = fixture.call();
    await propose(call);
    const made = { ...call, toolCallId: undefined };
    const inner = () => fixture.guard.call(made, { execute: () => 'made' });
    expect(await fixture.guard.call(made, { execute: inner })).toBe('made');
    expect(sdk.events('aftertrace.tool.decision')).toHaveLength(1);
  });

  test('and is made inside another tool leaves that one its own outcome', async () => {
    const call = fixture.call();
    await propose(call);
    const failing = { execute: () => Promise.reject(new Error('broken')) };
    const loop = fixture.guard.call(fixture.call({ tool: 'research', scope: call.scope }), {
      execute: () => fixture.guard.call(call, failing).catch(() => 'without it'),
    });
    expect(await loop).toBe('without it');
    expect(outcomeOf('research')).toBe('ok');
  });

  test.each([
    ['other arguments', { arguments: { amount: 6 } }],
    ['another tool', { tool: 'pay' }],
    ['another run', { scope: newScope() }],
    ['another id', { toolCallId: 'call_2' }],
  ])('is another call with %s', async (_what, more) => {
    const call = fixture.call();
    await propose(call);
    expect(fixture.proposals.claim({ ...call, ...more })).toBe(false);
    expect(fixture.proposals.claim(call)).toBe(true);
  });

  test('is judged again when it is made under other rules', async () => {
    const call = fixture.call();
    await propose(call);
    await fixture.enforce([rule('block')]);
    await expect(fixture.guard.call(call, { execute: () => 'made' })).rejects.toMatchObject({
      code: 'call_refused',
    });
  });

  test('that a containment stops on its way gives its result to nobody', async () => {
    const call = fixture.call();
    await propose(call);
    await fixture.enforce([], [containment()]);
    const now = fixture.clock.nowMillis;
    fixture.inFlight.abort(containment(), now);
    const ended = fixture.proposals.end(call.scope.run, { ...RESULT, result: 'late' });
    await expect(ended).rejects.toMatchObject({ code: 'call_stopped' });
  });
});

test('what a framework made a text of fails for certain where an adapter further in saw it throw', async () => {
  const call = fixture.call();
  const inner = (): Promise<unknown> =>
    fixture.guard.call(call, { execute: () => Promise.reject(new RangeError('no')) });
  const outer = await fixture.guard.call(call, { execute: () => inner().catch(() => 'try again') });
  expect(outer).toBe('try again');
  const { attributes, status } = sdk.span('execute_tool refund');
  expect(attributes['aftertrace.tool.failure.certainty']).toBe('certain');
  expect(attributes['error.type']).toBe('RangeError');
  expect(status.code).toBe(api.SpanStatusCode.ERROR);
});

test('a call that the provider ran is recorded and nothing is decided about it', async () => {
  await fixture.enforce([rule('block')]);
  const ran = { kind: 'returned', value: { success: false } } as const;
  fixture.guard.recordSeen(fixture.call(), ran);
  expect(outcomeOf('refund')).toBe('failed');
  expect(sdk.events('aftertrace.tool.decision')).toHaveLength(0);
});

describe('calls that wait', () => {
  const { call: callOf } = createAdapterFixture();
  const cleared = (id: string, call = callOf()): Clearance =>
    ({ call: { ...call, toolCallId: id }, arguments: call.arguments }) as Clearance;
  const run = <T>(
    _cleared: unknown,
    attempt: { execute: (args: unknown, signal: () => undefined) => T },
  ): T => attempt.execute(undefined, () => undefined);

  test('are bounded: the oldest is given up for a newer', async () => {
    const proposals = createProposals({ inForce: () => fixture.enforcement.current(), limit: 2 });
    const { call } = cleared('a');
    for (const id of ['a', 'b', 'c']) proposals.open({ run }, cleared(id, call));
    expect(proposals.size).toBe(2);
    expect(
      proposals.end(call.scope.run, { ...RESULT, toolCallId: 'a', result: 1 }),
    ).toBeUndefined();
    expect(await proposals.end(call.scope.run, { ...RESULT, toolCallId: 'c', result: 1 })).toBe(1);
  });

  test('lead back to a run that nobody has opened, and to no other', () => {
    const proposals = createProposals({ inForce: () => fixture.enforcement.current() });
    const known = cleared('a');
    proposals.open({ run }, known);
    expect(proposals.scopeOf({ ...RESULT, toolCallId: 'a' })).toBeUndefined();
    const implied = cleared('b');
    IMPLIED_RUNS.add(implied.call.scope.run);
    proposals.open({ run }, implied);
    expect(proposals.scopeOf({ ...RESULT, toolCallId: 'b' })).toBe(implied.call.scope);
  });

  test('of two runs that nobody has opened and that number their calls alike are told apart by what was asked', async () => {
    const guard = { run };
    const proposals = createProposals({ inForce: () => fixture.enforcement.current() });
    const [first, second] = [5, 6].map((amount) => {
      const scope = newScope();
      const run = { ...scope.run, id: `run-${amount}` };
      const call = { ...callOf(), scope: { ...scope, run }, arguments: { amount } };
      IMPLIED_RUNS.add(call.scope.run);
      const proposed = cleared('call_0', call);
      proposals.open(guard, proposed);
      return proposed.call;
    });
    expect(proposals.size).toBe(2);
    const result = (amount: number) => ({
      toolCallId: 'call_0',
      source: {},
      asked: { tool: 'refund', toolCallId: 'call_0', arguments: { amount } },
      result: amount,
    });
    expect(proposals.scopeOf(result(5))).toBe(first?.scope);
    expect(proposals.scopeOf(result(6))).toBe(second?.scope);
    expect(proposals.scopeOf(result(7))).toBeUndefined();
    expect(await proposals.end(first?.scope.run ?? newScope().run, result(5))).toBe(5);
    expect(proposals.scopeOf(result(5))).toBeUndefined();
    expect(proposals.scopeOf(result(6))).toBe(second?.scope);
  });
});
