import { beforeEach, expect, test } from 'vitest';

import { containment, createGuardFixture, override, rule } from '../testing/guard-fixture.ts';
import { startRecordingSdk } from '../testing/recording-sdk.ts';

const sdk = startRecordingSdk();

beforeEach(() => sdk.reset());

test('a call that waits runs once approved, with what was approved', async () => {
  const fixture = createGuardFixture();
  const { guard, call, asked, evidence } = fixture;
  await fixture.enforce([rule('escalate')]);
  fixture.answer = () => Promise.resolve({ kind: 'answered', override: override() });
  expect(await guard.call(call(), { execute: (args) => args })).toEqual({ amount: 5 });
  expect(asked).toMatchObject([{ tool: 'refund', arguments: { amount: 5 }, run: 'run-1' }]);
  expect(evidence.map(({ type }) => type)).toEqual(['decision', 'override.outcome']);
  expect(evidence[1]).toMatchObject({ data: { status: 'succeeded' } });
  const [decision] = evidence;
  expect(decision).toMatchObject({ data: { actionDigest: asked[0]?.actionDigest } });
});

test('a call that waits is refused when a containment came meanwhile, although a person approved', async () => {
  const fixture = createGuardFixture();
  await fixture.enforce([rule('escalate')]);
  fixture.answer = async () => {
    await fixture.enforce([rule('escalate')], [containment()]);
    return { kind: 'answered', override: override() };
  };
  const attempt = fixture.guard.call(fixture.call(), { execute: () => 'ran' });
  await expect(attempt).rejects.toMatchObject({ code: 'call_refused' });
  expect(fixture.evidence.at(-1)).toMatchObject({ data: { status: 'not_executed' } });
  expect(sdk.span('execute_tool refund').attributes).toMatchObject({
    'aftertrace.decision.source': 'containment',
    'aftertrace.override.outcome': 'not_executed',
  });
});

test('a call that waits is refused when the person’s own arguments are blocked', async () => {
  const fixture = createGuardFixture();
  await fixture.enforce([
    rule('escalate'),
    rule('block', { match: { tool: 'refund', arguments: [{ pointer: '/amount', above: 100 }] } }),
  ]);
  fixture.answer = () =>
    Promise.resolve({
      kind: 'answered',
      override: override({ decision: 'modify' }),
      arguments: { amount: 500 },
    });
  const attempt = fixture.guard.call(fixture.call(), { execute: () => 'ran' });
  await expect(attempt).rejects.toMatchObject({ code: 'call_refused' });
});

test('a call that waits is refused when its arguments are others by the time the answer comes', async () => {
  const fixture = createGuardFixture();
  await fixture.enforce([rule('escalate')]);
  const args = { amount: 5 };
  fixture.answer = () => {
    args.amount = 90;
    return Promise.resolve({ kind: 'answered', override: override() });
  };
  const attempt = fixture.guard.call(fixture.call({ arguments: args }), { execute: () => 'ran' });
  await expect(attempt).rejects.toThrow('have changed since a person was asked');
  expect(fixture.evidence.at(-1)).toMatchObject({ data: { status: 'not_executed' } });
});

test('a call that waits is refused when its arguments change after the answer, before it is made', async () => {
  const fixture = createGuardFixture();
  await fixture.enforce([rule('escalate')]);
  const args = { amount: 5 };
  fixture.answer = () => Promise.resolve({ kind: 'answered', override: override() });
  const cleared = await fixture.guard.clear(fixture.call({ arguments: args }));
  args.amount = 90;
  expect(() => fixture.guard.run(cleared, { execute: () => 'ran' })).toThrow('have changed');
});

test('a call that waits is refused when nobody answered in time, that lets it go, and it is another one by then', async () => {
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

test('a call that waits is refused when a person changes it to what only somebody else may approve', async () => {
  const fixture = createGuardFixture();
  const large = { tool: 'refund', arguments: [{ pointer: '/amount', above: 100 }] };
  const anybody = rule('escalate', { id: 'anybody' });
  const answer = (amount: number) =>
    Promise.resolve({
      kind: 'answered' as const,
      override: override({ decision: 'modify' }),
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

test('a call that waits says whom each of the rules that escalate it names', async () => {
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
])('a call that waits is refused when %s', async (_name, result) => {
  const fixture = createGuardFixture();
  await fixture.enforce([rule('escalate')]);
  fixture.answer = () => Promise.resolve(result);
  const attempt = fixture.guard.call(fixture.call(), { execute: () => 'ran' });
  await expect(attempt).rejects.toMatchObject({ code: 'call_refused' });
  expect(fixture.inFlight.size).toBe(0);
});

test('a call that waits runs when nobody answered and its rule says so', async () => {
  const fixture = createGuardFixture();
  await fixture.enforce([rule('escalate', { with: { onExpiry: 'allow' } })]);
  expect(await fixture.guard.call(fixture.call(), { execute: () => 'ran' })).toBe('ran');
});

test('a call that waits is not put to anybody when its arguments cannot be bound to an answer', async () => {
  const fixture = createGuardFixture();
  await fixture.enforce([rule('escalate')]);
  const call = fixture.call({ arguments: { amount: 5n } });
  const attempt = fixture.guard.call(call, { execute: () => 'ran' });
  await expect(attempt).rejects.toMatchObject({
    message: expect.stringContaining('canonical') as string,
  });
  expect(fixture.asked).toEqual([]);
});

test('a call that waits ends as cancelled when its caller gives up', async () => {
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
