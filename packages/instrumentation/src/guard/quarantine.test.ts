import type { Override, QuarantineRequest } from '@aftertrace/schema';
import { actionDigest } from '@aftertrace/schema/canonical';
import { beforeEach, expect, test } from 'vitest';

import { containment, createGuardFixture, override, rule } from '../testing/guard-fixture.ts';
import { startRecordingSdk } from '../testing/recording-sdk.ts';

const sdk = startRecordingSdk();
beforeEach(() => sdk.reset());

const quarantine = containment({ kind: 'quarantine', scope: { agent: 'support' } });

function release(request: QuarantineRequest, more: Partial<Override> = {}): Override {
  return override({
    kind: 'override',
    reason: 'the address is right',
    prior: { source: 'containment', decision: 'quarantine', rule: 'ctn_1' },
    actionDigest: request.actionDigest,
    ...more,
  });
}

test('in quarantine a tool that only reads runs, every other one is refused and kept for a reviewer', async () => {
  const fixture = createGuardFixture();
  fixture.tools.describe('lookup', { reversibility: 'read_only' });
  await fixture.enforce([], [quarantine]);
  const run = (tool: string): Promise<string> =>
    fixture.guard.call(fixture.call({ tool }), { execute: () => 'ran' });
  expect(await run('lookup')).toBe('ran');
  await expect(run('refund')).rejects.toMatchObject({ code: 'call_refused' });
  expect(fixture.held).toMatchObject([
    {
      tool: 'refund',
      arguments: { amount: 5 },
      containment: 'ctn_1',
      actionDigest: actionDigest({
        agent: 'support',
        tool: 'refund',
        arguments: { amount: 5 },
        run: 'run-1',
      }),
    },
  ]);
  expect(fixture.evidence).toMatchObject([
    { type: 'decision', data: { verdict: 'quarantine', executed: false, tool: 'refund' } },
  ]);
});

test('a released retry runs, and what became of it is proven of the release', async () => {
  const fixture = createGuardFixture();
  await fixture.enforce([], [quarantine]);
  fixture.release = (request) => release(request);
  expect(await fixture.guard.call(fixture.call(), { execute: () => ({ ok: true }) })).toEqual({
    ok: true,
  });
  expect(fixture.evidence).toMatchObject([
    { type: 'decision', data: { verdict: 'quarantine' } },
    { type: 'override.outcome', data: { override: 'ovr_1', status: 'succeeded' } },
  ]);
  expect(sdk.span('execute_tool refund').attributes).toMatchObject({
    'aftertrace.override.id': 'ovr_1',
    'aftertrace.override.kind': 'override',
    'aftertrace.override.outcome': 'succeeded',
    'aftertrace.decision.verdict': 'quarantine',
  });
});

test('a release lifts the quarantine that it names: redactions, blocks and other quarantines still hold', async () => {
  const fixture = createGuardFixture();
  fixture.release = (request) => release(request);
  const redact = rule('redact', {
    with: { redactions: [{ pointer: '/card' }] },
  });
  await fixture.enforce([redact], [quarantine]);
  const seen: unknown[] = [];
  const execute = (args: unknown): void => void seen.push(args);
  const call = (): Promise<void> =>
    fixture.guard.call(fixture.call({ arguments: { card: '4111' } }), { execute });
  await call();
  expect(seen).toEqual([{ card: '[REDACTED]' }]);
  await fixture.enforce([rule('block')], [quarantine]);
  await expect(call()).rejects.toMatchObject({ code: 'call_refused' });
  await fixture.enforce([], [quarantine, containment({ ...quarantine, id: 'ctn_2' })]);
  await expect(call()).rejects.toMatchObject({ code: 'call_refused' });
  await fixture.enforce([], [quarantine, containment({ id: 'ctn_3', kind: 'kill' })]);
  await expect(call()).rejects.toMatchObject({ code: 'call_refused' });
  expect(seen).toHaveLength(1);
});

test('a kill that comes between the release and the call refuses it, and the release says that it did not run', async () => {
  const fixture = createGuardFixture();
  await fixture.enforce([], [quarantine]);
  fixture.release = (request) => release(request);
  const cleared = await fixture.guard.clear(fixture.call());
  await fixture.enforce([], [quarantine, containment({ id: 'ctn_9', kind: 'kill' })]);
  expect(() => fixture.guard.run(cleared, { execute: () => 'ran' })).toThrow('kill in force');
  expect(fixture.evidence.at(-1)).toMatchObject({
    type: 'override.outcome',
    data: { override: 'ovr_1', status: 'not_executed' },
  });
});

test('what changes between the release and the call and has nothing to do with it does not refuse it', async () => {
  const fixture = createGuardFixture();
  await fixture.enforce([], [quarantine]);
  fixture.release = (request) => release(request);
  const cleared = await fixture.guard.clear(fixture.call());
  await fixture.enforce([], [quarantine, containment({ id: 'ctn_8', scope: { tool: 'other' } })]);
  expect(fixture.guard.run(cleared, { execute: () => 'ran' })).toBe('ran');
});

test('a release answers an escalation of the same call only where its reviewer may approve it', async () => {
  const fixture = createGuardFixture();
  fixture.release = (request) => release(request);
  const call = (): Promise<string> => fixture.guard.call(fixture.call(), { execute: () => 'ran' });
  await fixture.enforce(
    [rule('escalate', { with: { approvers: ['ana@example.com'] } })],
    [quarantine],
  );
  expect(await call()).toBe('ran');
  expect(fixture.asked).toEqual([]);
  await fixture.enforce(
    [rule('escalate', { with: { approvers: ['bo@example.com'] } })],
    [quarantine],
  );
  await expect(call()).rejects.toThrow('does not name as an approver');
});

test('a release holds for the action that was refused, not for what its arguments have become', async () => {
  const fixture = createGuardFixture();
  await fixture.enforce([], [quarantine]);
  const args = { amount: 5 };
  fixture.release = (request) => {
    args.amount = 90;
    return release(request);
  };
  const attempt = fixture.guard.call(fixture.call({ arguments: args }), { execute: () => 'ran' });
  await expect(attempt).rejects.toThrow('have changed since a person was asked');
});

test('a call without a digest is refused and not kept: nothing could be bound to it', async () => {
  const fixture = createGuardFixture();
  await fixture.enforce([rule('quarantine')]);
  const call = fixture.call({ arguments: { amount: 5n } });
  await expect(fixture.guard.call(call, { execute: () => 'ran' })).rejects.toMatchObject({
    code: 'call_refused',
  });
  expect(fixture.held).toEqual([]);
});

test.each(['released', 'approved'])(
  'a kill stops a call that was %s while it runs, and the act says that it did not succeed',
  async (how) => {
    const fixture = createGuardFixture();
    const isReleased = how === 'released';
    await fixture.enforce(isReleased ? [] : [rule('escalate')], isReleased ? [quarantine] : []);
    fixture.release = (request) => release(request);
    fixture.answer = (request) => {
      const prior = { source: 'policy', decision: 'escalate' } as const;
      const { actionDigest } = request;
      const override = { ...release({ actionDigest } as QuarantineRequest), prior };
      return Promise.resolve({ kind: 'answered', override });
    };
    const started = Promise.withResolvers<void>();
    const call = fixture.guard.call(fixture.call(), {
      execute: () => {
        started.resolve();
        return new Promise(() => undefined);
      },
    });
    await started.promise;
    await fixture.enforce([], [containment({ id: 'ctn_9', kind: 'kill' })]);
    await expect(call).rejects.toMatchObject({ code: 'call_stopped' });
    expect(fixture.evidence.filter(({ type }) => type === 'override.outcome')).toMatchObject([
      { data: { override: 'ovr_1', status: 'failed' } },
    ]);
  },
);
