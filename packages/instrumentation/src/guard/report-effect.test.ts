import { compileBundle } from '@aftertrace/policy/compile';
import { expect, test } from 'vitest';

import { containment, createGuardFixture, type GuardFixture } from '../testing/guard-fixture.ts';

const undo = (): void => undefined;

function effects(fixture: GuardFixture): readonly unknown[] {
  return fixture.evidence.filter(({ type }) => type === 'effect').map(({ data }) => data);
}

test('a call that can be undone is reported with what that takes, as it was when it was made', async () => {
  const fixture = createGuardFixture();
  fixture.tools.describe('refund', { reversibility: 'reversible', compensate: undo });
  const args = { amount: 5 };
  await fixture.guard.call(fixture.call({ arguments: args }), {
    execute: () => Promise.resolve({ id: 're_1' }),
  });
  args.amount = 6;
  expect(effects(fixture)).toMatchObject([
    {
      tool: 'refund',
      agent: 'support',
      run: 'run-1',
      toolCallId: 'call_1',
      reversibility: 'reversible',
      compensable: true,
      arguments: { amount: 5 },
      result: { id: 're_1' },
    },
  ]);
});

test.each([
  ['that cannot be undone', { reversibility: 'irreversible' as const }, 1],
  ['whose class is only implied', { compensate: undo }, 1],
  ['that only reads', { reversibility: 'read_only' as const }, 0],
  ['of which only capabilities are known', { capabilities: ['mail'] }, 0],
])('a call %s', async (_name, description, reports) => {
  const fixture = createGuardFixture();
  fixture.tools.describe('refund', description);
  await fixture.guard.call(fixture.call(), { execute: () => ({}) });
  expect(effects(fixture)).toHaveLength(reports);
});

test.each([
  ['throws', () => Promise.reject(new Error('no'))],
  ['says that it failed', () => Promise.resolve({ success: false })],
])('a call that %s has no effect that is known', async (_name, execute) => {
  const fixture = createGuardFixture();
  fixture.tools.describe('refund', { reversibility: 'reversible', compensate: undo });
  await fixture.guard.call(fixture.call(), { execute }).catch(() => undefined);
  expect(effects(fixture)).toEqual([]);
});

test('a tool that goes on after a containment stopped its call has had its effect, once', async () => {
  const fixture = createGuardFixture();
  fixture.tools.describe('refund', { reversibility: 'reversible', compensate: undo });
  await fixture.enforce([]);
  const tool = Promise.withResolvers<unknown>();
  const call = fixture.guard.call(fixture.call(), { execute: () => tool.promise });
  await Promise.resolve();
  await fixture.enforce([], [containment()]);
  await expect(call).rejects.toMatchObject({ code: 'call_stopped' });
  expect(effects(fixture)).toEqual([]);
  tool.resolve({ id: 're_1' });
  await expect.poll(() => effects(fixture)).toMatchObject([{ result: { id: 're_1' } }]);
});

test.each([
  ['has no JSON form', { order: 7n }],
  ['is very large', { text: 'x'.repeat(300_000) }],
])(
  'what %s is not handed over, and the call is listed as one that cannot be undone',
  async (_name, result) => {
    const fixture = createGuardFixture();
    fixture.tools.describe('refund', { reversibility: 'reversible', compensate: undo });
    await fixture.guard.call(fixture.call(), { execute: () => result });
    const [effect] = effects(fixture);
    expect(effect).toMatchObject({ compensable: false });
    expect(effect).not.toHaveProperty('result');
  },
);

test('a description of no known class is refused', () => {
  const { tools } = createGuardFixture();
  const bad = { reversibility: 'maybe' as 'read_only' };
  expect(() => tools.describe('refund', bad)).toThrow(/does not know the reversibility "maybe"/);
});

test('a call whose class only the policy knows is reported, as one that cannot be undone', async () => {
  const fixture = createGuardFixture();
  const result = compileBundle({
    name: 'test',
    revision: 1,
    rules: [],
    tools: [{ tool: 'refund', reversibility: 'irreversible' }],
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  await fixture.enforcement.apply([], () => Promise.resolve(result));
  await fixture.guard.call(fixture.call(), { execute: () => ({}) });
  expect(effects(fixture)).toMatchObject([{ reversibility: 'irreversible', compensable: false }]);
});
