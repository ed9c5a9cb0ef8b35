import type { Actor } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { contain } from './containment-actions.ts';
import { startCompanion, type TestCompanion } from './testing/companion.ts';
import { createFailingDisk, type FailingDisk } from './testing/failing-disk.ts';
import { ana, publish, revoke, value } from './testing/fixtures.ts';
import { memoryLedger, startCore } from './testing/memory-core.ts';
import { connectAgent } from './testing/test-agent.ts';

const kill = { ...revoke, kind: 'kill', scope: { agent: 'support' } } as const;

async function withDisk(): Promise<{ companion: TestCompanion; disk: FailingDisk }> {
  const disk = createFailingDisk();
  const companion = await startCompanion({ ledgerOptions: { openFile: disk.openFile } });
  return { companion, disk };
}

/** Lets the retry run, and what it writes come to its end. */
async function untilSealed(companion: TestCompanion): Promise<void> {
  await expect
    .poll(() => {
      companion.clock.advance(1_000);
      return companion.logged.join('\n');
    })
    .toContain('are sealed now');
  const all = value(await companion.client.containments());
  expect(all.every(({ sealed }) => sealed)).toBe(true);
}

test('a full disk does not keep a kill from its effect: it is in force, says so, and is sealed when there is room', async () => {
  const { companion, disk } = await withDisk();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  disk.set('full');
  const ordered = value(await companion.client.contain(kill));
  expect(ordered).toMatchObject({ state: 'waiting', sealed: false });
  expect(companion.logged.join('\n')).toContain('in force and NOT sealed');
  const { id } = ordered.containment;
  const state = await agent.state(({ containments }) => containments.length === 1);
  expect((await agent.ack(state, { containments: [{ id, aborted: 2 }] })).status).toBe(204);
  expect(value(await companion.client.waitEffective(id, { timeoutMillis: 0 }))).toMatchObject({
    state: 'effective',
    sealed: false,
  });
  expect(await companion.audit()).toEqual([]);
  disk.set('well');
  await untilSealed(companion);
  expect(await companion.audit()).toMatchObject([
    {
      type: 'containment.requested',
      actor: { id: 'ana@example.com' },
      data: { containment: { id }, appliedAt: '2026-11-22T10:00:00.000Z' },
    },
    { type: 'containment.effective', data: { effect: { aborted: 2 } } },
  ]);
});

test('while a kill is not sealed, nothing else is written before it', async () => {
  const { companion, disk } = await withDisk();
  disk.set('full');
  const { id } = value(await companion.client.contain(kill)).containment;
  const release = async () => companion.client.release(id, { actor: ana, reason: 'fixed' });
  expect(await release()).toMatchObject({ error: { code: 'ledger_unavailable' } });
  expect(companion.plane.state().containments).toHaveLength(1);
  disk.set('well');
  expect(value(await release()).state).toBe('released');
  value(await companion.client.publishPolicy({ ...publish, rules: [] }));
  expect((await companion.audit()).map(({ type }) => type)).toEqual([
    'containment.requested',
    'containment.released',
    'policy.published',
  ]);
});

test('a kill that could not be sealed survives restarts of the companion, once', async () => {
  const { companion, disk } = await withDisk();
  disk.set('full');
  const { id } = value(await companion.client.contain(kill)).containment;
  const second = await companion.restart();
  expect(second.plane.state().containments.map((one) => one.id)).toEqual([id]);
  const agent = await connectAgent(second, { instance: 'i-1' });
  await agent.ack(await agent.state(({ containments }) => containments.length === 1));
  disk.set('well');
  await untilSealed(second);
  const third = await second.restart();
  expect(third.plane.state().containments.map((one) => one.id)).toEqual([id]);
  expect(await third.audit('containment.requested')).toHaveLength(1);
});

test('a kill does not wait for a disk that is stuck, and what that wrote in the end is not written twice', async () => {
  const { companion, disk } = await withDisk();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  disk.set('stuck');
  const ordering = companion.client.contain(kill);
  await expect
    .poll(() => {
      companion.clock.advance(500);
      return companion.plane.state().containments.length;
    })
    .toBe(1);
  const { id } = value(await ordering).containment;
  await agent.ack(await agent.state(({ containments }) => containments.length === 1));
  disk.set('well');
  await untilSealed(companion);
  expect(await companion.audit('containment.requested')).toMatchObject([
    { data: { containment: { id } } },
  ]);
  expect(await companion.audit('containment.effective')).toHaveLength(1);
});

test('revisions go on while orders cannot be sealed, so that every stream gets each of them', async () => {
  const { companion, disk } = await withDisk();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  disk.set('full');
  value(await companion.client.contain(kill));
  const one = await agent.state(({ containments }) => containments.length === 1);
  value(await companion.client.contain(revoke));
  const two = await agent.state(({ containments }) => containments.length === 2);
  disk.set('well');
  value(await companion.client.contain({ ...revoke, scope: { tool: 'email' } }));
  const three = await agent.state(({ containments }) => containments.length === 3);
  expect(two.revision).toBeGreaterThan(one.revision);
  expect(three.revision).toBeGreaterThan(two.revision);
});

test('what comes to wait while the reserve is being cleared is sealed first too', async () => {
  const world = { nowMillis: 0, ids: 0, companionIds: 0, failing: true, details: new Map() };
  const ledger = memoryLedger(() => world.failing);
  const core = startCore(world, ledger);
  const clearing = Promise.withResolvers<void>();
  const cleared = Promise.withResolvers<void>();
  core.restore({
    left: { facts: [], damaged: 0 },
    keep: async () => Promise.resolve(true),
    clear: async () => {
      clearing.resolve();
      await cleared.promise;
    },
    close: async () => Promise.resolve(),
  });
  const by: Actor = { kind: 'human', id: 'ana@example.com', assurance: 'token' };
  value(await contain(core, { ...kill, actor: by }));
  world.failing = false;
  const plan = core.record('plan.switched_on', { plan: 'p', reason: 'r', by }, by);
  await clearing.promise;
  world.failing = true;
  value(await contain(core, { ...kill, actor: by }));
  world.failing = false;
  cleared.resolve();
  await plan;
  const written = await Array.fromAsync(ledger.entries(), ({ type }) => type);
  expect(written).toEqual(['containment.requested', 'containment.requested', 'plan.switched_on']);
});
