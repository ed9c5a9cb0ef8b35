import { ControlPath, Override, type Decision } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { startCompanion, type TestCompanion } from './testing/companion.ts';
import { ana, decision, errorOf, value } from './testing/fixtures.ts';
import { connectAgent, type TestAgent } from './testing/test-agent.ts';

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

test('an approval is new once, whatever comes of it, also after a restart of the companion', async () => {
  const told: [string, boolean][] = [];
  const companion = await startCompanion({
    onOverride: ({ outcome }, isNew) => void told.push([outcome.status, isNew]),
  });
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  const answer = { decision: 'approve', actor: ana, reason: 'known customer' } as const;
  const override = value(await companion.client.answer('apr_i-1', answer));
  await agent.answer();
  const again = await companion.restart();
  const back = await connectAgent(again, { instance: 'i-1' });
  const outcome = { override: override.id, status: 'succeeded' as const, at: override.at };
  await back.evidence([
    { seq: 0, type: 'override', data: override },
    { seq: 1, type: 'override.outcome', data: outcome },
  ]);
  expect(told).toEqual([
    ['pending', true],
    ['pending', false],
    ['succeeded', false],
  ]);
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

test('of several rules that name approvers, whoever answers is named by each', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval({ approvers: ['finance'], furtherApprovers: [['dpo', 'cfo'], ['cfo']] });
  const answer = (role: string) =>
    companion.client.answer('apr_i-1', {
      decision: 'approve',
      actor: { ...ana, role },
      reason: 'ok',
    });
  for (const role of ['finance', 'cfo']) {
    expect(await answer(role)).toMatchObject({ error: { code: 'not_an_approver' } });
  }
  const both = { ...ana, id: 'finance', role: 'cfo' };
  value(
    await companion.client.answer('apr_i-1', { decision: 'approve', actor: both, reason: 'ok' }),
  );
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

const approve = { decision: 'approve', actor: ana, reason: 'ok' } as const;
const digest = `sha256:${'a'.repeat(64)}`;

/** What an agent proves when a containment stopped a call that waited. */
function refusal(changes: Partial<Decision> = {}): Decision {
  return {
    ...decision(),
    source: 'containment',
    reason: 'refunds twice',
    tool: 'refund',
    actionDigest: digest,
    executed: false,
    run: 'run_1',
    ...changes,
  };
}

test('an approval whose call was refused meanwhile cannot be answered, and the refusal says why', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval({ run: 'run_1' });
  await agent.evidence([{ seq: 0, type: 'decision', data: refusal() }]);
  expect(value(await companion.client.approvals())).toMatchObject([{ state: 'abandoned' }]);
  const response = await companion.post(`${ControlPath.APPROVALS}/apr_i-1`, approve);
  expect(response.status).toBe(409);
  expect(await errorOf(response)).toMatchObject({
    code: 'no_longer_waiting',
    message: expect.stringMatching(/refused by decision dec_1.*refunds twice/) as unknown,
  });
  expect(await companion.audit('override')).toEqual([]);
  const again = await companion.restart();
  expect(await again.client.answer('apr_i-1', approve)).toMatchObject({
    error: { code: 'no_longer_waiting' },
  });
});

test.each([
  ['the escalation itself', { executed: undefined }],
  ['another action', { actionDigest: 'sha256:00' }],
  ['another run', { run: 'run_2' }],
  ['another call with the same arguments', { toolCallId: 'call_2' }],
  ['an earlier refusal', { at: '2026-11-22T09:59:59.999Z' }],
])('an approval still waits after a decision about %s', async (_name, changes) => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval({ run: 'run_1', toolCallId: 'call_1' });
  const { executed, ...rest } = { ...refusal(), ...changes };
  const data = executed === undefined ? rest : { ...rest, executed };
  await agent.evidence([{ seq: 0, type: 'decision', data }]);
  value(await companion.client.answer('apr_i-1', approve));
});

test('an approval cannot be given to a process that is gone, and can again when it is back', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  await leave(companion, agent);
  companion.clock.advance(14_999);
  expect(value(await companion.client.approvals())).toMatchObject([{ state: 'pending' }]);
  companion.clock.advance(1);
  expect(value(await companion.client.approvals())).toMatchObject([{ state: 'abandoned' }]);
  expect(await companion.client.answer('apr_i-1', approve)).toMatchObject({
    error: {
      code: 'no_longer_waiting',
      message: expect.stringContaining(
        'i-1, which asked, has not been heard of since 2026-11-22T10:00:00.000Z',
      ) as unknown,
    },
  });
  const back = await connectAgent(companion, { instance: 'i-1' });
  expect(value(await companion.client.approvals())).toMatchObject([{ state: 'pending' }]);
  value(await companion.client.answer('apr_i-1', approve));
  await back.answer();
});

test('an approval that cannot have reached its process is settled as not executed, as an inference', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  await leave(companion, agent);
  companion.clock.advance(5_000);
  value(await companion.client.answer('apr_i-1', approve));
  companion.clock.advance(10_000);
  const [settled] = value(await companion.client.approvals());
  expect(settled?.override?.outcome).toMatchObject({
    status: 'not_executed',
    at: '2026-11-22T10:00:15.000Z',
    detail: expect.stringMatching(/^Inferred by the companion.*did not reach it/) as unknown,
  });
  const [entry] = await companion.audit('override.outcome');
  expect(entry).toMatchObject({ actor: { kind: 'system' }, data: { inferred: true } });
});

test('an approval without an outcome is settled when its time is over, and what the agent says later stands', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  const override = value(await companion.client.answer('apr_i-1', approve));
  const outcome = async () => value(await companion.client.approvals())[0]?.override?.outcome;
  companion.clock.advance(74_999);
  expect(await outcome()).toMatchObject({ status: 'pending' });
  companion.clock.advance(1);
  expect(await outcome()).toMatchObject({
    status: 'expired',
    detail: expect.stringContaining('whether the call ran is not known') as unknown,
  });
  const data = { override: override.id, status: 'succeeded', at: '2026-11-22T10:01:16.000Z' };
  await agent.evidence([{ seq: 0, type: 'override.outcome', data }]);
  expect(await outcome()).toEqual({ status: 'succeeded', at: data.at });
  expect(
    (await companion.audit('override.outcome')).map((entry) => entry.data['inferred']),
  ).toEqual([true, undefined]);
});

test('an approval whose process dies with the answer is settled, also after a restart of the companion', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  value(await companion.client.answer('apr_i-1', approve));
  await agent.answer();
  await companion.stop();
  const again = await startCompanion({ clock: companion.clock, dataDir: companion.dataDir });
  again.clock.advance(15_000);
  expect(value(await again.client.approvals())[0]?.override?.outcome).toMatchObject({
    status: 'expired',
    detail: expect.stringMatching(/i-1 has not been heard of/) as unknown,
  });
});

test('an approval that crossed a refusal on its way is settled as not executed', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval({ run: 'run_1' });
  value(await companion.client.answer('apr_i-1', approve));
  await agent.evidence([{ seq: 0, type: 'decision', data: refusal() }]);
  companion.clock.advance(15_000);
  expect(value(await companion.client.approvals())[0]?.override?.outcome).toMatchObject({
    status: 'not_executed',
    detail: expect.stringContaining('refused by decision dec_1') as unknown,
  });
});

/** Ends the stream, and waits until the companion has seen it. */
async function leave(companion: TestCompanion, agent: TestAgent): Promise<void> {
  agent.disconnect();
  await expect
    .poll(async () => value(await companion.client.instances())[0]?.connected)
    .toBe(false);
}
