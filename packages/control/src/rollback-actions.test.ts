import { type CompensationOrder, type Effect, type RollbackInput } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { createControlClient } from './client/create-control-client.ts';
import { startCompanion, type TestCompanion } from './testing/companion.ts';
import { ana, revoke, value } from './testing/fixtures.ts';
import { connectAgent, type TestAgent } from './testing/test-agent.ts';

const order: RollbackInput = { scope: { run: 'run_1' }, actor: ana, reason: 'wrong customer' };

function effect(id: string, more: Partial<Effect> & { arguments?: unknown } = {}): object {
  return {
    id,
    at: `2026-11-22T10:00:0${id.slice(-1)}.000Z`,
    agent: 'support',
    tool: 'refund',
    reversibility: 'reversible',
    compensable: true,
    actionDigest: `sha256:${'d'.repeat(64)}`,
    run: 'run_1',
    conversation: 'chat_1',
    arguments: { order: id },
    result: { ok: true },
    ...more,
  };
}

async function start(
  effects: readonly object[],
  instance = 'i-1',
): Promise<{ companion: TestCompanion; agent: TestAgent; seq: () => number }> {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance });
  await agent.ack(await agent.state(), { compensates: ['refund'] });
  await agent.evidence(effects.map((data, seq) => ({ seq, type: 'effect', data })));
  let next = effects.length - 1;
  return { companion, agent, seq: () => (next += 1) };
}

async function nextOrder(agent: TestAgent): Promise<CompensationOrder> {
  return (await agent.next(({ event }) => event === 'compensation')).data as CompensationOrder;
}

async function prove(
  agent: TestAgent,
  seq: number,
  { override }: CompensationOrder,
  status = 'succeeded',
): Promise<void> {
  const data = { override: override.id, status, at: '2026-11-22T10:01:00.000Z' };
  await agent.evidence([{ seq, type: 'override.outcome', data }]);
}

test('a run is undone from its last call to its first, each step after the proof of the one before', async () => {
  const { companion, agent, seq } = await start([effect('eff_1'), effect('eff_2')]);
  const { id = '' } = value(await companion.client.requestRollback(order));
  const first = await nextOrder(agent);
  expect(first).toMatchObject({
    effect: { id: 'eff_2' },
    arguments: { order: 'eff_2' },
    result: { ok: true },
    override: {
      kind: 'override',
      decision: 'reject',
      actor: { id: ana.id, assurance: 'token' },
      prior: { source: 'agent', decision: 'call refund', tool: 'refund' },
      outcome: { status: 'pending' },
      effect: 'eff_2',
    },
  });
  expect(await companion.audit('override')).toHaveLength(1);
  await prove(agent, seq(), first);
  await prove(agent, seq(), await nextOrder(agent));
  await expect
    .poll(async () => value(await companion.client.rollback(id)))
    .toMatchObject({
      state: 'done',
      steps: [
        { effect: { id: 'eff_2' }, override: { outcome: { status: 'succeeded' } } },
        { effect: { id: 'eff_1' }, override: { outcome: { status: 'succeeded' } } },
      ],
    });
  const ledger = JSON.stringify(await companion.audit());
  expect(ledger).not.toContain('"order":"eff_1"');
});

test('what a process says of an effect brings it no order to undo it, and nothing that was kept of the call', async () => {
  const { companion } = await start([effect('eff_1')]);
  const other = await connectAgent(companion, { instance: 'i-2', agent: 'other' });
  const claim = {
    id: 'ovr_1',
    at: '2026-11-22T10:00:00.000Z',
    kind: 'override',
    actor: { kind: 'human', id: 'ana@example.com', assurance: 'asserted' },
    decision: 'reject',
    reason: 'mine now',
    prior: { source: 'agent', decision: 'call refund', tool: 'refund' },
    actionDigest: `sha256:${'d'.repeat(64)}`,
    outcome: { status: 'pending' },
    agent: 'other',
    effect: 'eff_1',
  };
  const sent = await other.evidence([{ seq: 0, type: 'override', data: claim }]);
  expect(await sent.json()).toMatchObject({ accepted: 1 });
  other.disconnect();
  const again = await connectAgent(companion, { instance: 'i-2', agent: 'other' });
  await companion.client.contain(revoke);
  await again.state(({ containments }) => containments.length === 1);
  expect(again.received.map(({ event }) => event)).not.toContain('compensation');
});

test('what cannot be undone is listed, and what is seen outside is asked about', async () => {
  const { companion, agent, seq } = await start([
    effect('eff_1', { reversibility: 'irreversible' }),
    effect('eff_2', { compensable: false, tool: 'send_email' }),
    effect('eff_3', { reversibility: 'externally_reversible' }),
    effect('eff_4', { reversibility: 'externally_reversible' }),
    effect('eff_5', { tool: 'unknown_here' }),
    effect('eff_6', { run: 'run_2' }),
  ]);
  const asked = value(await companion.client.requestRollback({ ...order, dryRun: true }));
  expect(asked.state).toBe('planned');
  expect(asked.steps.map(({ effect: { id }, left }) => [id, left])).toEqual([
    ['eff_5', 'no_process'],
    ['eff_4', 'not_confirmed'],
    ['eff_3', 'not_confirmed'],
    ['eff_2', 'no_compensation'],
    ['eff_1', 'irreversible'],
  ]);
  expect(await companion.audit('rollback.requested')).toEqual([]);
  const input = { ...order, confirmed: ['eff_4'] };
  const { id = '' } = value(await companion.client.requestRollback(input));
  await prove(agent, seq(), await nextOrder(agent));
  const rollback = value(await companion.client.rollback(id));
  expect(rollback.steps.map(({ effect: one, left }) => [one.id, left])).toEqual([
    ['eff_5', 'no_process'],
    ['eff_4', undefined],
    ['eff_3', 'not_confirmed'],
    ['eff_2', 'no_compensation'],
    ['eff_1', 'irreversible'],
  ]);
  const [entry] = await companion.audit('rollback.requested');
  expect(entry).toMatchObject({ actor: { id: ana.id }, data: { undo: ['eff_4'] } });
  expect(entry?.data['left']).toHaveLength(4);
});

test('a conversation is undone across its runs, and what is undone is not undone again', async () => {
  const { companion, agent, seq } = await start([
    effect('eff_1'),
    effect('eff_2', { run: 'run_2' }),
  ]);
  const scope = { conversation: 'chat_1' };
  value(await companion.client.requestRollback({ ...order, scope }));
  await prove(agent, seq(), await nextOrder(agent));
  await prove(agent, seq(), await nextOrder(agent));
  const again = value(await companion.client.requestRollback({ ...order, scope, dryRun: true }));
  expect(again.steps.map(({ left }) => left)).toEqual(['undone_before', 'undone_before']);
});

test('a step that fails stops the rollback, says what is left, and can be tried again', async () => {
  const { companion, agent, seq } = await start([effect('eff_1'), effect('eff_2')]);
  const { id = '' } = value(await companion.client.requestRollback(order));
  await prove(agent, seq(), await nextOrder(agent), 'failed');
  await expect
    .poll(async () => value(await companion.client.rollback(id)))
    .toMatchObject({ state: 'stopped', steps: [{}, { effect: { id: 'eff_1' }, left: 'stopped' }] });
  value(await companion.client.requestRollback(order));
  expect(await nextOrder(agent)).toMatchObject({ effect: { id: 'eff_2' } });
});

test('where a process goes away in a step nobody undoes that call a second time', async () => {
  const { companion, agent } = await start([effect('eff_1')]);
  const { id = '' } = value(await companion.client.requestRollback(order));
  await nextOrder(agent);
  agent.disconnect();
  await expect
    .poll(async () => value(await companion.client.instances())[0]?.connected)
    .toBe(false);
  companion.clock.advance(15_000);
  await expect
    .poll(async () => value(await companion.client.rollback(id)))
    .toMatchObject({ state: 'stopped', steps: [{ override: { outcome: { status: 'expired' } } }] });
  const back = await connectAgent(companion, { instance: 'i-2' });
  await back.ack(await back.state(), { compensates: ['refund'] });
  const asked = value(await companion.client.requestRollback({ ...order, dryRun: true }));
  expect(asked.steps).toMatchObject([{ left: 'unknown_before' }]);
});

test('another process of the same agent undoes what one that is gone has done', async () => {
  const { companion, agent } = await start([effect('eff_1')]);
  agent.disconnect();
  const other = await connectAgent(companion, { instance: 'i-2' });
  await other.ack(await other.state(), { compensates: ['refund'] });
  await expect
    .poll(async () => value(await companion.client.instances())[0]?.connected)
    .toBe(false);
  value(await companion.client.requestRollback(order));
  expect(await nextOrder(other)).toMatchObject({ instance: 'i-2', effect: { id: 'eff_1' } });
});

test('a companion that is restarted in the middle goes on with the step that is open, once', async () => {
  const { companion, agent, seq } = await start([effect('eff_1'), effect('eff_2')]);
  const { id = '' } = value(await companion.client.requestRollback(order));
  const before = await nextOrder(agent);
  const again = await companion.restart();
  const back = await connectAgent(again, { instance: 'i-1' });
  await back.ack(await back.state(), { compensates: ['refund'] });
  const repeated = await nextOrder(back);
  expect(repeated.override.id).toBe(before.override.id);
  await prove(back, seq(), repeated);
  await prove(back, seq(), await nextOrder(back));
  await expect
    .poll(async () => value(await again.client.rollback(id)))
    .toMatchObject({ state: 'done' });
  expect(await again.audit('override')).toHaveLength(2);
});

test('two rollbacks at once undo each call once', async () => {
  const { companion, agent, seq } = await start([effect('eff_1'), effect('eff_2')]);
  const both = await Promise.all([
    companion.client.requestRollback(order),
    companion.client.requestRollback(order),
  ]);
  await prove(agent, seq(), await nextOrder(agent));
  await prove(agent, seq(), await nextOrder(agent));
  for (const one of both) {
    await expect
      .poll(async () => value(await companion.client.rollback(value(one).id ?? '')).state)
      .not.toBe('running');
  }
  const undone = (await companion.audit('override')).map(
    ({ data }) => (data['override'] as { effect?: string }).effect,
  );
  expect(undone).toEqual(['eff_2', 'eff_1']);
});

test('nothing is ordered where no effect is known, or nobody says why', async () => {
  const { companion } = await start([]);
  expect(await companion.client.requestRollback(order)).toMatchObject({
    error: { code: 'not_found' },
  });
  expect(await companion.client.requestRollback({ ...order, reason: '' })).toMatchObject({
    error: { code: 'invalid_request' },
  });
});

test('where duties are separated, who approved a call does not have it undone', async () => {
  const companion = await startCompanion({ separateDuties: true });
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const actionDigest = `sha256:${'d'.repeat(64)}`;
  await agent.askApproval({ actionDigest });
  const person = async (identity: string) => {
    const about = { actor: { id: 'root@example.com' }, reason: 'set-up' };
    const issued = await companion.client.createToken({
      role: 'responder',
      name: identity,
      identity,
      title: ana.role,
      ...about,
    });
    return createControlClient({ url: companion.url, token: value(issued).secret });
  };
  const [anaToo, ben] = [await person(ana.id), await person('ben@example.com')];
  value(await anaToo.answer('apr_i-1', { decision: 'approve', actor: ana, reason: 'fine' }));
  await agent.ack(await agent.state(), { compensates: ['refund'] });
  await agent.evidence([{ seq: 0, type: 'effect', data: effect('eff_1') }]);
  const refused = { error: { code: 'separation_of_duties' } };
  expect(await anaToo.requestRollback(order)).toMatchObject(refused);
  expect(await companion.client.requestRollback(order)).toMatchObject(refused);
  expect(value(await anaToo.requestRollback({ ...order, dryRun: true })).state).toBe('planned');
  // What another agent says of its own call, whatever digest it claims, keeps nobody from this one.
  const other = await connectAgent(companion, { instance: 'i-9', agent: 'sales' });
  const at = '2026-11-22T10:00:00.000Z';
  const claimed = {
    id: 'ovr_claimed',
    at,
    kind: 'approval',
    decision: 'approve',
    reason: 'fine',
    actor: { kind: 'human', id: 'ben@example.com', assurance: 'asserted' },
    agent: 'sales',
    prior: { source: 'policy', decision: 'escalate' },
    actionDigest,
    outcome: { status: 'succeeded', at },
  };
  await other.evidence([{ seq: 0, type: 'override', data: claimed }]);
  expect(await companion.audit('override')).toHaveLength(2);
  const ordered = await ben.requestRollback({ ...order, actor: { id: 'ben@example.com' } });
  expect(value(ordered).state).toBe('running');
});
