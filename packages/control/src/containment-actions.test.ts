import { ControlPath } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { startCompanion } from './testing/companion.ts';
import { ana, decision, errorOf, revoke, value } from './testing/fixtures.ts';
import { connectAgent } from './testing/test-agent.ts';

test('a containment reaches every stream and is effective once every process has proven it', async () => {
  const seen: string[] = [];
  const companion = await startCompanion({
    onContainment: (progress, change) => seen.push(`${change} ${progress.state}`),
  });
  const agents = await Promise.all(
    ['i-1', 'i-2'].map(async (instance) => connectAgent(companion, { instance })),
  );
  const ordered = value(await companion.client.contain({ ...revoke, ttlMillis: 900_000 }));
  expect(ordered).toMatchObject({ state: 'waiting', pending: ['i-1', 'i-2'] });
  expect(ordered.containment).toMatchObject({
    requestedAt: '2026-11-22T10:00:00.000Z',
    expiresAt: '2026-11-22T10:15:00.000Z',
    effective: [],
  });
  const { id } = ordered.containment;
  const waiting = companion.client.waitEffective(id, { timeoutMillis: 60_000 });
  for (const [index, agent] of agents.entries()) {
    const state = await agent.state(({ containments }) => containments.length === 1);
    companion.clock.advance(20);
    const containments = [{ id, aborted: index }];
    expect((await agent.ack(state, { containments })).status).toBe(204);
  }
  const done = value(await waiting);
  expect(done).toMatchObject({ state: 'effective', pending: [] });
  expect(done.containment.effective).toEqual([
    {
      instance: 'i-1',
      at: '2026-11-22T10:00:00.020Z',
      aborted: 0,
      provenAt: '2026-11-22T10:00:00.020Z',
    },
    {
      instance: 'i-2',
      at: '2026-11-22T10:00:00.040Z',
      aborted: 1,
      provenAt: '2026-11-22T10:00:00.040Z',
    },
  ]);
  expect(seen).toEqual([
    'containment.requested waiting',
    'containment.effective waiting',
    'containment.effective effective',
  ]);
});

test('a containment is recorded as effective once for a process, and again when that process has aborted more', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const { id } = value(await companion.client.contain(revoke)).containment;
  const state = await agent.state(({ containments }) => containments.length === 1);
  await agent.ack(state);
  await agent.ack(state);
  await agent.ack(state, {
    containments: [
      { id, aborted: 2 },
      { id: 'ctn_unknown', aborted: 1 },
    ],
  });
  expect(await companion.audit('containment.effective')).toHaveLength(2);
  const [progress] = value(await companion.client.containments());
  expect(progress?.containment.effective).toMatchObject([{ instance: 'i-1', aborted: 2 }]);
});

test('a containment with a process that never answers is not effective but unreachable, until it answers', async () => {
  const companion = await startCompanion();
  const good = await connectAgent(companion, { instance: 'i-1' });
  const mute = await connectAgent(companion, { instance: 'i-2' });
  const { id } = value(await companion.client.contain(revoke)).containment;
  const state = await good.state(({ containments }) => containments.length === 1);
  await good.ack(state);
  const waiting = companion.client.waitEffective(id, { timeoutMillis: 60_000 });
  companion.clock.advance(4_999);
  expect(value(await companion.client.containments())[0]).toMatchObject({
    state: 'waiting',
    pending: ['i-2'],
  });
  companion.clock.advance(1);
  expect(value(await waiting)).toMatchObject({
    state: 'unreachable',
    containment: { unreachable: ['i-2'] },
  });
  expect(await companion.audit('containment.unreachable')).toMatchObject([
    { data: { containment: id, instance: 'i-2' } },
  ]);
  await mute.ack(state);
  expect(value(await companion.client.containments())[0]).toMatchObject({
    state: 'effective',
    containment: { unreachable: [] },
  });
});

test('a containment without a live process is never called effective', async () => {
  const companion = await startCompanion();
  await connectAgent(companion, { instance: 'i-1', agent: 'another' });
  const ordered = value(await companion.client.contain(revoke));
  expect(ordered).toMatchObject({ state: 'no_live_instance', pending: [] });
  const { id } = ordered.containment;
  const waiting = companion.client.waitEffective(id, { timeoutMillis: 60_000 });
  companion.clock.advance(5_000);
  expect(value(await waiting)).toMatchObject({ state: 'no_live_instance', pending: [] });
});

test('a containment that nobody could be told of is waited for: a process on its way may still prove it', async () => {
  const companion = await startCompanion();
  const { id } = value(await companion.client.contain(revoke)).containment;
  const waiting = companion.plane.waitEffective(id, { timeoutMillis: 60_000 });
  companion.clock.advance(1_000);
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.ack(await agent.state());
  expect(value(await waiting)).toMatchObject({ state: 'effective' });
});

test('a containment whose proven processes have all left is not effective, and nothing is waited for', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  value(await companion.client.contain(revoke));
  await agent.ack(await agent.state(({ containments }) => containments.length === 1));
  const state = async () => value(await companion.client.containments())[0]?.state;
  expect(await state()).toBe('effective');
  agent.disconnect();
  await expect
    .poll(async () => value(await companion.client.instances())[0]?.connected)
    .toBe(false);
  expect(await state()).toBe('no_live_instance');
});

test('a containment is proven by a process that names the agent only later', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1', agent: 'my-service' });
  value(await companion.client.contain(revoke));
  await agent.ack(await agent.state(({ containments }) => containments.length === 1));
  expect(await companion.audit('containment.effective')).toEqual([]);
  await agent.evidence([{ seq: 0, type: 'decision', data: decision('support') }]);
  expect(value(await companion.client.containments())[0]).toMatchObject({ state: 'effective' });
});

test('a containment a wait that is over gives what is known then', async () => {
  const companion = await startCompanion();
  await connectAgent(companion, { instance: 'i-1' });
  const { id } = value(await companion.client.contain(revoke)).containment;
  const waiting = companion.plane.waitEffective(id, { timeoutMillis: 1_000 });
  await companion.client.instances(); // By then it waits.
  companion.clock.advance(1_000);
  expect(value(await waiting)).toMatchObject({ state: 'waiting', pending: ['i-1'] });
  const abort = AbortSignal.abort();
  const aborted = await companion.plane.waitEffective(id, {
    timeoutMillis: 1_000,
    signal: abort,
  });
  expect(value(aborted).state).toBe('waiting');
});

test('a containment expires by itself: the streams hear of it, and it is written down', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const { id } = value(
    await companion.client.contain({ ...revoke, ttlMillis: 60_000 }),
  ).containment;
  const during = await agent.state(({ containments }) => containments.length === 1);
  companion.clock.advance(60_000);
  const after = await agent.state(({ containments }) => containments.length === 0);
  expect(after.revision).toBeGreaterThan(during.revision);
  expect(await companion.audit('containment.expired')).toMatchObject([
    { data: { containment: id } },
  ]);
  expect(
    (
      await companion.post(`${ControlPath.CONTAINMENTS}/${id}/release`, {
        actor: ana,
        reason: 'late',
      })
    ).status,
  ).toBe(410);
});

test('a containment is released once, with identity and reason', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const { id } = value(await companion.client.contain(revoke)).containment;
  await agent.state(({ containments }) => containments.length === 1);
  const missing = await companion.post(`${ControlPath.CONTAINMENTS}/${id}/release`, {
    actor: { id: '' },
    reason: ' ',
  });
  expect(missing.status).toBe(400);
  expect((await errorOf(missing)).problems?.map(({ path }) => path)).toEqual([
    'actor.id',
    'reason',
  ]);
  const released = value(await companion.client.release(id, { actor: ana, reason: 'fixed' }));
  expect(released).toMatchObject({
    state: 'released',
    containment: { released: { reason: 'fixed', actor: ana } },
  });
  await agent.state(({ containments }) => containments.length === 0);
  expect(await companion.client.release(id, { actor: ana, reason: 'again' })).toMatchObject({
    error: {
      code: 'already_released',
      message: expect.stringContaining('ana@example.com') as unknown,
    },
  });
  expect(await companion.client.release('ctn_none', { actor: ana, reason: 'x' })).toMatchObject({
    error: { code: 'not_found' },
  });
});

test.each([
  ['an empty scope', { ...revoke, scope: {} }, 'scope'],
  ['no reason', { ...revoke, reason: '  ' }, 'reason'],
  ['nobody', { ...revoke, actor: {} }, 'actor.id'],
  ['an unknown field', { ...revoke, ttl: 5 }, ''],
  ['retire with an end', { ...revoke, kind: 'retire', ttlMillis: 5 }, 'ttlMillis'],
  ['an end in another age', { ...revoke, ttlMillis: 9e15 }, 'ttlMillis'],
])('a containment with %s is refused and says where', async (_name, body, path) => {
  const companion = await startCompanion();
  const response = await companion.post(ControlPath.CONTAINMENTS, body);
  expect(response.status).toBe(400);
  expect((await errorOf(response)).problems?.map((problem) => problem.path)).toEqual([path]);
  expect(await companion.audit('containment.requested')).toEqual([]);
});
