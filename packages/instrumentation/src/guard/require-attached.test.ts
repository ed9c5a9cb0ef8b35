import { expect, test } from 'vitest';

import { containment, createGuardFixture, rule } from '../testing/guard-fixture.ts';

const REQUIRED = { requireAttached: true };

test('a policy that asks for it refuses every call beside a framework that is not attached to', async () => {
  const unattached: string[] = [];
  const fixture = createGuardFixture({ unattached: () => unattached });
  await fixture.enforce([], [], REQUIRED);
  const call = (): Promise<string> =>
    fixture.guard.call(fixture.call(), { execute: () => 'refunded' });
  await expect(call()).resolves.toBe('refunded');
  unattached.push('openai 8.0.0');
  await expect(call()).rejects.toMatchObject({
    code: 'call_refused',
    message: expect.stringContaining('openai 8.0.0 is loaded') as unknown,
  });
  expect(fixture.evidence).toMatchObject([
    {
      type: 'decision',
      data: { verdict: 'block', source: 'policy', policy: { name: 'test' }, executed: false },
    },
  ]);
});

test('nor does a call pass there that its adapter could not read', async () => {
  const unattached: string[] = [];
  const fixture = createGuardFixture({ unattached: () => unattached });
  await fixture.enforce([], [], REQUIRED);
  const unread = (): void => fixture.guard.refuseUnread(fixture.call());
  expect(unread).not.toThrow();
  unattached.push('openai 8.0.0');
  expect(unread).toThrow('could not be read');
});

test('a policy that does not ask for it lets them pass', async () => {
  const fixture = createGuardFixture({ unattached: () => ['openai 8.0.0'] });
  await fixture.enforce([rule('flag')]);
  const result = fixture.guard.call(fixture.call(), { execute: () => 'refunded' });
  await expect(result).resolves.toBe('refunded');
});

test('a containment that stops the call all the same stays the reason', async () => {
  const fixture = createGuardFixture({ unattached: () => ['openai 8.0.0'] });
  await fixture.enforce([], [containment()], REQUIRED);
  const result = fixture.guard.call(fixture.call(), { execute: () => 'refunded' });
  await expect(result).rejects.toThrow('refunds go to the wrong people');
  expect(fixture.evidence).toMatchObject([{ data: { source: 'containment' } }]);
});
