import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { ControlPath } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { detailId, detailRefs } from './detail-ref.ts';
import { startCompanion } from './testing/companion.ts';
import { ana, blockSql, decision, publish, revoke, value } from './testing/fixtures.ts';
import { connectAgent } from './testing/test-agent.ts';

test('a restart keeps containments, policy, revisions and what waits for people', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  value(await companion.client.publishPolicy({ ...publish, rules: [blockSql] }));
  value(await companion.client.contain({ ...revoke, ttlMillis: 60_000 }));
  const state = await agent.state(({ containments }) => containments.length === 1);
  await agent.ack(state);
  await agent.askApproval({ id: 'apr_open' });
  await agent.askApproval({ id: 'apr_answered' });
  const modify = {
    decision: 'modify',
    actor: ana,
    reason: 'ok',
    arguments: { amount: 1 },
  } as const;
  value(await companion.client.answer('apr_answered', modify));
  const before = {
    policy: value(await companion.client.policy()),
    approvals: value(await companion.client.approvals()),
    containment: value(await companion.client.containments())[0]?.containment,
  };
  const again = await companion.restart();
  const agentAgain = await connectAgent(again, { instance: 'i-1' });
  expect(await agentAgain.state()).toEqual(state);
  expect((await agentAgain.answer()).arguments).toEqual({ amount: 1 });
  expect({
    policy: value(await again.client.policy()),
    approvals: value(await again.client.approvals()),
    containment: value(await again.client.containments())[0]?.containment,
  }).toEqual(before);
  value(await again.client.answer('apr_open', { decision: 'approve', actor: ana, reason: 'ok' }));
  const next = value(await again.client.publishPolicy({ ...publish, rules: [] }));
  expect(next.bundle.revision).toBe(2);
  const newer = await agentAgain.state(({ policy }) => policy?.revision === 2);
  expect(newer.revision).toBeGreaterThan(state.revision);
  again.clock.advance(60_000);
  await agentAgain.state(({ containments }) => containments.length === 0);
});

test('a restart what expired while the companion was away is written down when it is back', async () => {
  const companion = await startCompanion();
  value(await companion.client.contain({ ...revoke, ttlMillis: 60_000 }));
  await companion.stop();
  companion.clock.advance(120_000);
  const again = await startCompanion({ clock: companion.clock, dataDir: companion.dataDir });
  expect(value(await again.client.containments())).toMatchObject([{ state: 'expired' }]);
  expect(await again.audit('containment.expired')).toHaveLength(1);
});

test('a restart gives processes time to come back before they count as unreachable', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  value(await companion.client.contain(revoke));
  await agent.state(({ containments }) => containments.length === 1);
  await companion.stop();
  companion.clock.advance(60_000);
  const again = await startCompanion({ clock: companion.clock, dataDir: companion.dataDir });
  expect(value(await again.client.containments())[0]).toMatchObject({
    state: 'waiting',
    pending: ['i-1'],
  });
  const back = await connectAgent(again, { instance: 'i-1' });
  await back.ack(await back.state());
  expect(value(await again.client.containments())[0]).toMatchObject({ state: 'effective' });
});

test('what cannot be recorded is not done, and says so; orders to stop are the exception', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  // The ledger notices that something else wrote to its file, and writes no more.
  await appendFile(join(companion.dataDir, 'audit.jsonl'), 'intruder\n');
  const results = [
    await companion.client.publishPolicy({ ...publish, rules: [] }),
    await companion.client.answer('apr_i-1', { decision: 'approve', actor: ana, reason: 'ok' }),
  ];
  for (const result of results)
    expect(result).toMatchObject({ error: { code: 'ledger_unavailable' } });
  expect(companion.plane.state()).toEqual({ revision: 0, containments: [] });
  expect((await agent.evidence([{ seq: 0, type: 'decision', data: decision() }])).status).toBe(503);
  expect(value(await companion.client.contain(revoke))).toMatchObject({ sealed: false });
  expect(companion.plane.state().containments).toHaveLength(1);
});

test('arguments are kept beside the ledger, by their digest and their question, encrypted', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  const [entry] = await companion.audit('approval.requested');
  const [ref] = detailRefs('approval.requested', entry?.data ?? {});
  expect(ref).toEqual({ digest: entry?.data['argumentsDigest'], owner: 'apr_i-1' });
  const name = detailId(ref ?? { digest: '', owner: '' }).replace('sha256:', '');
  expect(await readdir(join(companion.dataDir, 'details'))).toEqual([`${name}.sealed`]);
  expect(await readdir(join(companion.dataDir, 'detail-keys'))).toEqual([`${name}.key`]);
});

test('start and shutdown may be called again, and shutdown ends the streams', async () => {
  const companion = await startCompanion();
  await companion.plane.start();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const { id } = value(await companion.client.contain(revoke)).containment;
  const waiting = companion.plane.waitEffective(id, { timeoutMillis: 60_000 });
  await companion.plane.shutdown();
  await companion.plane.shutdown();
  await agent.ended;
  expect(value(await waiting).state).toBe('waiting');
  expect((await companion.request(ControlPath.INSTANCES)).status).toBe(503);
});
