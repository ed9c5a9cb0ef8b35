import { ControlPath, Override } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { startCompanion } from './testing/companion.ts';
import { ana, errorOf, value } from './testing/fixtures.ts';
import { connectAgent } from './testing/test-agent.ts';

test('an approval a rejection reaches the agent with everything the record needs, and its outcome is sealed', async () => {
  const overrides: Override[] = [];
  const companion = await startCompanion({ onOverride: (override) => overrides.push(override) });
  const agent = await connectAgent(companion, { instance: 'i-1' });
  expect(
    (await agent.askApproval({ run: 'run_1', conversation: 'c-1', policyRevision: 3 })).status,
  ).toBe(201);
  const [pending] = value(await companion.client.approvals({ state: 'pending' }));
  expect(pending).toMatchObject({
    state: 'pending',
    request: { arguments: { order: '7', amount: 950 } },
  });
  companion.clock.advance(1_000);
  const answer = { decision: 'reject', actor: ana, reason: 'not a refund case' } as const;
  const override = value(await companion.client.answer('apr_i-1', answer));
  expect(Override.parse(override)).toMatchObject({
    at: '2026-11-22T10:00:01.000Z',
    kind: 'approval',
    decision: 'reject',
    reason: 'not a refund case',
    actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
    prior: { source: 'policy', decision: 'escalate', rule: 'big-refund', tool: 'refund' },
    outcome: { status: 'pending' },
    agent: 'support',
    run: 'run_1',
    conversation: 'c-1',
    policyRevision: 3,
    expiresAt: '2026-11-22T10:01:00.000Z',
  });
  const received = await agent.answer();
  expect(received).toMatchObject({ approval: 'apr_i-1', instance: 'i-1', override });
  expect(received.actionDigest).toBe(override.actionDigest);
  const outcome = {
    override: override.id,
    status: 'not_executed',
    at: '2026-11-22T10:00:02.000Z',
  };
  await agent.evidence([{ seq: 0, type: 'override.outcome', data: outcome }]);
  const [settled] = value(await companion.client.approvals());
  expect(settled).toMatchObject({
    state: 'answered',
    override: { outcome: { status: 'not_executed' } },
  });
  expect(overrides.map(({ outcome: { status } }) => status)).toEqual(['pending', 'not_executed']);
  const types = (await companion.audit()).map(({ type }) => type);
  expect(types).toEqual(['approval.requested', 'override', 'override.outcome']);
});

test('an approval changed arguments go to the agent, and the record says what changed without holding them', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval({ arguments: { order: 'secret-7', amount: 950, note: { a: 1 } } });
  const args = { order: 'secret-7', amount: 95, note: { a: 1, b: 2 } };
  const answer = { decision: 'modify', actor: ana, reason: 'typo', arguments: args } as const;
  const override = value(await companion.client.answer('apr_i-1', answer));
  expect(override.change?.paths).toEqual(['/amount', '/note/b']);
  expect(override.change?.before).toBe(override.prior.argumentsDigest);
  expect((await agent.answer()).arguments).toEqual(args);
  expect(JSON.stringify(await companion.audit())).not.toContain('secret-7');
});

test('an approval of two answers at the same time one counts, and the other hears who was first', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  const results = await Promise.all(
    ['approve', 'reject'].map(async (decision) =>
      companion.post(`${ControlPath.APPROVALS}/apr_i-1`, {
        decision,
        actor: ana,
        reason: 'mine',
      }),
    ),
  );
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set([200, 409]));
  const late = results.find(({ status }) => status === 409);
  expect(late === undefined ? '' : (await errorOf(late)).message).toMatch(
    /answered: \w+ by ana@example.com/,
  );
  expect(await companion.audit('override')).toHaveLength(1);
});

test('an approval cannot be given after it expired', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  companion.clock.advance(60_000);
  const answer = { decision: 'approve', actor: ana, reason: 'ok' };
  const response = await companion.post(`${ControlPath.APPROVALS}/apr_i-1`, answer);
  expect(response.status).toBe(410);
  expect(value(await companion.client.approvals())).toMatchObject([{ state: 'expired' }]);
  expect(await companion.audit('approval.expired')).toHaveLength(1);
  expect(await companion.audit('override')).toEqual([]);
});

test.each([
  ['no reason', { decision: 'approve', actor: ana, reason: ' ' }, ['reason']],
  ['no identity', { decision: 'approve', reason: 'ok' }, ['actor']],
  ['neither', { decision: 'approve', actor: { id: '' } }, ['actor.id', 'reason']],
  ['no arguments to modify', { decision: 'modify', actor: ana, reason: 'ok' }, ['arguments']],
  [
    'arguments to approve',
    { decision: 'approve', actor: ana, reason: 'ok', arguments: {} },
    ['arguments'],
  ],
])('an approval with %s is refused, says which, and still waits', async (_name, body, paths) => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  const response = await companion.post(`${ControlPath.APPROVALS}/apr_i-1`, body);
  expect(response.status).toBe(400);
  expect((await errorOf(response)).problems?.map(({ path }) => path)).toEqual(paths);
  expect(value(await companion.client.approvals())).toMatchObject([{ state: 'pending' }]);
});

test('an approval is not given by whom its rule does not name, and the attempt is written down', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval({ approvers: ['finance', 'bo@example.com'] });
  const answer = { decision: 'approve', actor: ana, reason: 'ok' } as const;
  expect(await companion.client.answer('apr_i-1', answer)).toMatchObject({
    error: { code: 'not_an_approver' },
  });
  expect(await companion.audit('access.refused')).toMatchObject([
    { data: { cause: 'not_an_approver', claimed: 'ana@example.com' } },
  ]);
  const finance = { ...answer, actor: { ...ana, role: 'finance' } };
  value(await companion.client.answer('apr_i-1', finance));
});

test('an approval is sent again on a new stream until its outcome is known, and never to another process', async () => {
  const companion = await startCompanion();
  const first = await connectAgent(companion, { instance: 'i-1' });
  const other = await connectAgent(companion, { instance: 'i-2' });
  await first.askApproval();
  const override = value(
    await companion.client.answer('apr_i-1', { decision: 'approve', actor: ana, reason: 'ok' }),
  );
  await first.answer();
  first.disconnect();
  const second = await connectAgent(companion, { instance: 'i-1' });
  expect((await second.answer()).override.id).toBe(override.id);
  const data = { override: override.id, status: 'succeeded', at: override.at };
  await second.evidence([{ seq: 0, type: 'override.outcome', data }]);
  const third = await connectAgent(companion, { instance: 'i-1' });
  companion.clock.advance(10_000);
  await third.next(({ event }) => event === 'heartbeat');
  await other.next(({ event }) => event === 'heartbeat');
  for (const agent of [third, other]) {
    expect(agent.received.filter(({ event }) => event === 'approval')).toEqual([]);
  }
});

test('an approval asked for twice is one, and another call under its id is refused', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  expect((await agent.askApproval()).status).toBe(201);
  expect((await agent.askApproval({ tool: 'run_sql' })).status).toBe(409);
  expect(await companion.audit('approval.requested')).toHaveLength(1);
});
