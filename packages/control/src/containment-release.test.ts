import { ControlPath } from '@aftertrace/schema';
import { describe, expect, test } from 'vitest';

import { startCompanion } from './testing/companion.ts';
import { ana, errorOf, revoke, value } from './testing/fixtures.ts';
import { connectAgent } from './testing/test-agent.ts';

const kill = { ...revoke, kind: 'kill', scope: { agent: 'support' } } as const;
const retire = { ...kill, kind: 'retire' } as const;
const redeployment = {
  criteria: ['refunds are capped', 'the review of inc_1 is closed'],
  approver: { id: 'ben@example.com' },
  version: '2.0.0',
};

describe('a release in shadow first', () => {
  test('stops nothing and goes on recording, until it is released again', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    const { id } = value(await companion.client.contain(kill)).containment;
    await agent.ack(await agent.state(({ containments }) => containments.length === 1));
    const release = async (reason: string, shadowFirst?: boolean) =>
      companion.client.release(id, {
        actor: ana,
        reason,
        ...(shadowFirst === undefined ? {} : { shadowFirst }),
      });
    const staged = value(await release('the fix is out', true));
    expect(staged).toMatchObject({
      state: 'staged',
      containment: { mode: 'shadow', staged: { actor: ana, reason: 'the fix is out' } },
    });
    await agent.state(({ containments }) => containments[0]?.mode === 'shadow');
    expect(await release('again', true)).toMatchObject({ error: { code: 'already_released' } });
    const again = await companion.restart();
    expect(again.plane.state().containments).toMatchObject([{ id, mode: 'shadow' }]);
    const done = value(await again.client.release(id, { actor: ana, reason: 'nothing was seen' }));
    expect(done).toMatchObject({ state: 'released', containment: { staged: { actor: ana } } });
    const types = (await again.audit()).map(({ type }) => type);
    expect(types.filter((type) => type.startsWith('containment.')).slice(-2)).toEqual([
      'containment.staged',
      'containment.released',
    ]);
  });

  test('ends by itself where it was given an end', async () => {
    const companion = await startCompanion();
    const { id } = value(await companion.client.contain(kill)).containment;
    const input = { actor: ana, reason: 'the fix is out', shadowFirst: true, ttlMillis: 60_000 };
    expect(value(await companion.client.release(id, input)).containment.expiresAt).toBe(
      '2026-11-22T10:01:00.000Z',
    );
    companion.clock.advance(60_000);
    expect(companion.plane.state().containments).toEqual([]);
    expect(value(await companion.client.containments())[0]?.state).toBe('expired');
  });

  test.each([
    ['a time to live without a first step', { ttlMillis: 5 }, kill],
    ['a first step back from nothing', { shadowFirst: true }, { ...kill, mode: 'shadow' as const }],
    ['a redeployment record for a kill', { redeployment }, kill],
  ])('is refused with %s', async (_name, more, order) => {
    const companion = await startCompanion();
    const { id } = value(await companion.client.contain(order)).containment;
    const result = await companion.client.release(id, { actor: ana, reason: 'x', ...more });
    expect(result).toMatchObject({ error: { code: 'invalid_request' } });
    expect(await companion.audit('containment.released')).toEqual([]);
  });
});

describe('a retirement', () => {
  test('is lifted by a redeployment record only, which the ledger keeps', async () => {
    const companion = await startCompanion();
    const { id } = value(await companion.client.contain(retire)).containment;
    const bare = await companion.client.release(id, { actor: ana, reason: 'we need it' });
    expect(bare).toMatchObject({ error: { code: 'redeployment_required' } });
    expect(companion.plane.state().containments).toHaveLength(1);
    const lifted = value(
      await companion.client.release(id, { actor: ana, reason: 'approved', redeployment }),
    );
    expect(lifted.containment.released?.redeployment).toMatchObject({
      criteria: redeployment.criteria,
      version: '2.0.0',
      // Ana came with the token; that Ben approves is what she says.
      approver: { id: 'ben@example.com', assurance: 'asserted' },
    });
    expect(await companion.audit('containment.released')).toMatchObject([
      { data: { redeployment: { criteria: redeployment.criteria } } },
    ]);
  });

  test('may return in shadow first, with the record given once', async () => {
    const companion = await startCompanion();
    const { id } = value(await companion.client.contain(retire)).containment;
    const first = { actor: ana, reason: 'approved', shadowFirst: true };
    expect(await companion.client.release(id, first)).toMatchObject({
      error: { code: 'redeployment_required' },
    });
    const staged = await companion.client.release(id, { ...first, redeployment, ttlMillis: 5_000 });
    expect(value(staged).state).toBe('staged');
    companion.clock.advance(4_999);
    expect(companion.plane.state().containments).toHaveLength(1);
    expect(value(await companion.client.release(id, { actor: ana, reason: 'ok' })).state).toBe(
      'released',
    );
  });

  test.each([
    ['no criteria', { ...redeployment, criteria: [] }, 'redeployment.criteria'],
    ['no approver', { criteria: ['x'] }, 'redeployment.approver'],
  ])('is not lifted by a record with %s', async (_name, record, path) => {
    const companion = await startCompanion();
    const { id } = value(await companion.client.contain(retire)).containment;
    const body = { actor: ana, reason: 'x', redeployment: record };
    const response = await companion.post(`${ControlPath.CONTAINMENTS}/${id}/release`, body);
    expect(response.status).toBe(400);
    expect((await errorOf(response)).problems?.map((problem) => problem.path)).toEqual([path]);
  });
});

describe('what acts by itself', () => {
  const plan = { kind: 'plan', id: 'refund-storm', assurance: 'asserted' } as const;

  test('orders nothing before a named person has switched it on, and acts in that name', async () => {
    const companion = await startCompanion();
    const order = async () => companion.plane.contain({ ...kill, actor: plan });
    expect(await order()).toMatchObject({ error: { code: 'plan_off' } });
    const input = { on: true, actor: ana, reason: 'on call agreed' };
    value(await companion.client.switchPlan('refund-storm', input));
    const again = await companion.restart();
    expect(value(await again.client.plans())).toMatchObject([
      { id: 'refund-storm', on: true, actor: { id: ana.id, kind: 'human' } },
    ]);
    const ordered = value(await again.plane.contain({ ...kill, actor: plan }));
    expect(ordered.containment).toMatchObject({
      actor: { kind: 'plan' },
      plan: { id: 'refund-storm', switchedOnBy: { id: ana.id } },
    });
    value(await again.client.switchPlan('refund-storm', { ...input, on: false }));
    expect(await again.plane.contain({ ...kill, actor: plan })).toMatchObject({
      error: { code: 'plan_off' },
    });
    expect(again.plane.state().containments).toHaveLength(1);
  });

  test.each(['agent', 'system', 'plan'] as const)(
    'is never an %s that lifts a containment or switches a plan on',
    async (kind) => {
      const companion = await startCompanion();
      const { id } = value(await companion.client.contain(kill)).containment;
      const actor = { kind, id: 'support', assurance: 'token' } as const;
      const asked = { id, actor, reason: 'let me go' };
      expect(await companion.plane.release(asked)).toMatchObject({
        error: { code: 'not_a_person' },
      });
      expect(await companion.plane.switchPlan({ ...asked, on: true })).toMatchObject({
        error: { code: 'not_a_person' },
      });
      if (kind === 'plan') return;
      expect(await companion.plane.contain({ ...kill, actor })).toMatchObject({
        error: { code: 'not_a_person' },
      });
    },
  );

  test('is written down when another person takes it over, and not when the same one says it again', async () => {
    const companion = await startCompanion();
    const on = async (id: string) =>
      companion.client.switchPlan('p', { on: true, actor: { id }, reason: 'r' });
    await on('ana@example.com');
    await on('ana@example.com');
    expect(value(await on('ben@example.com')).actor.id).toBe('ben@example.com');
    expect(await companion.audit('plan.switched_on')).toHaveLength(2);
  });
});

test('a drill is marked, takes the same way, and ends where nobody ends it', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const ordered = value(await companion.client.contain({ ...kill, drill: true }));
  expect(ordered.containment).toMatchObject({ drill: true, expiresAt: '2026-11-22T10:10:00.000Z' });
  const state = await agent.state(({ containments }) => containments.length === 1);
  companion.clock.advance(40);
  const { id } = ordered.containment;
  const stopped = [{ what: 'run', agent: 'support', run: 'run-1' }] as const;
  await agent.ack(state, { containments: [{ id, aborted: 1, stopped: [...stopped] }] });
  expect(value(await companion.client.containments())[0]?.containment.effective).toMatchObject([
    { instance: 'i-1', aborted: 1, stopped, provenAt: '2026-11-22T10:00:00.040Z' },
  ]);
  companion.clock.advance(600_000);
  expect(companion.plane.state().containments).toEqual([]);
});

test('a process with a framework that is not attached to keeps a containment from being effective', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const { id } = value(await companion.client.contain(kill)).containment;
  const state = await agent.state(({ containments }) => containments.length === 1);
  await agent.ack(state, { unattached: ['openai 8.0.0'] });
  const all = value(await companion.client.containments());
  expect(all.find(({ containment }) => containment.id === id)).toMatchObject({
    state: 'unenforceable',
    unenforceable: [],
    unattached: [{ instance: 'i-1', frameworks: ['openai 8.0.0'] }],
  });
  expect(companion.plane.instances()).toMatchObject([{ unattached: ['openai 8.0.0'] }]);
});

test('an agent that works without a guard keeps a containment that covers it from being effective', async () => {
  const unguarded: string[] = [];
  const companion = await startCompanion({ unguardedAgents: () => unguarded });
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const { id } = value(await companion.client.contain(kill)).containment;
  await agent.ack(await agent.state(({ containments }) => containments.length === 1));
  const progress = async () => {
    const all = value(await companion.client.containments());
    return all.find(({ containment }) => containment.id === id);
  };
  unguarded.push('other');
  expect(await progress()).toMatchObject({ state: 'effective', unenforceable: [] });
  unguarded.push('support');
  expect(await progress()).toMatchObject({ state: 'unenforceable', unenforceable: ['support'] });
  const everything = value(await companion.client.contain({ ...kill, scope: 'global' }));
  expect(everything.unenforceable).toEqual(['other', 'support']);
});
