import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { EMPTY_HEAD } from '@aftertrace/ledger';
import type { LedgerEntry } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { createDetailStore } from './detail-store.ts';
import { openEntry, sealedDigest } from './sealed-texts.ts';
import { startCompanion, type TestCompanion } from './testing/companion.ts';
import { ana, publish, revoke, value } from './testing/fixtures.ts';
import { connectAgent } from './testing/test-agent.ts';

const ORDER = 'Bob Miller of Hill Street complained';
const RELEASE = 'Bob Miller is content again';
const RULES = [{ id: 'r', match: { tool: 'x' }, verdict: 'block', mode: 'enforce' }];

async function said(): Promise<{ readonly companion: TestCompanion; readonly id: string }> {
  const companion = await startCompanion();
  const order = value(await companion.client.contain({ ...revoke, reason: ORDER }));
  const { id } = order.containment;
  value(await companion.client.release(id, { actor: ana, reason: RELEASE }));
  value(await companion.client.publishPolicy({ ...publish, rules: RULES, reason: ORDER }));
  return { companion, id };
}

const logOf = async ({ dataDir }: TestCompanion): Promise<string> =>
  readFile(join(dataDir, 'audit.jsonl'), 'utf8');

async function reasonsIn(companion: TestCompanion): Promise<readonly unknown[]> {
  const [record] = await companion.plane.containments();
  const [policy] = await companion.plane.policyRevisions();
  return [record?.containment.reason, record?.containment.released?.reason, policy?.reason];
}

/** Of the texts in the log, in their order. */
async function digestsIn(companion: TestCompanion): Promise<readonly string[]> {
  const texts = (await logOf(companion)).match(/sealed:sha256:[0-9a-f]{64}/g) ?? [];
  return texts.map((text) => sealedDigest(text) ?? '');
}

test('what people said is not in the log, and is shown by the companion and the next one', async () => {
  const { companion } = await said();
  expect(await logOf(companion)).not.toContain('Bob');
  expect(await reasonsIn(companion)).toEqual([ORDER, RELEASE, ORDER]);
  const next = await companion.restart();
  expect(await reasonsIn(next)).toEqual([ORDER, RELEASE, ORDER]);
  expect(next.plane.policy()).toMatchObject({ reason: ORDER });
});

test('the same text twice is two digests, and each is found by nobody who guesses it', async () => {
  const { companion } = await said();
  const digests = await digestsIn(companion);
  expect(digests).toHaveLength(3);
  expect(new Set(digests).size).toBe(3);
});

test('a text that is destroyed is shown as erased at once and after a restart, and the chain holds', async () => {
  const { companion } = await said();
  const [order = '', release = ''] = await digestsIn(companion);
  const details = createDetailStore({ dataDir: companion.dataDir });
  for (const digest of [order, release]) await details.destroy(digest);
  await companion.plane.forgetTexts(new Set([order, release]));
  expect(await reasonsIn(companion)).toEqual(['(erased)', '(erased)', ORDER]);
  const next = await companion.restart();
  expect(await reasonsIn(next)).toEqual(['(erased)', '(erased)', ORDER]);
  expect(await next.audit()).toHaveLength(3); // Which verifies the chain.
});

test('who connects after a text was destroyed is not sent it, and a proposal shows it no more', async () => {
  const companion = await startCompanion();
  value(await companion.client.contain({ ...revoke, reason: ORDER }));
  value(await companion.client.proposePolicy({ ...publish, rules: RULES, reason: ORDER }));
  const before = await connectAgent(companion, { instance: 'i-1' });
  expect((await before.state()).containments[0]?.reason).toBe(ORDER);
  const digests = await digestsIn(companion);
  const details = createDetailStore({ dataDir: companion.dataDir });
  for (const digest of digests) await details.destroy(digest);
  await companion.plane.forgetTexts(new Set(digests));
  const after = await connectAgent(companion, { instance: 'i-2' });
  expect((await after.state()).containments[0]?.reason).toBe('(erased)');
  expect(companion.plane.policyProposals()).toMatchObject([{ reason: '(erased)' }]);
});

test('entries from before, with their texts in the clear, stay readable', async () => {
  const entry: LedgerEntry = {
    seq: 0,
    at: '2026-11-22T10:00:00.000Z',
    actor: { kind: 'human', id: ana.id, assurance: 'token' },
    type: 'containment.released',
    data: { containment: 'ctn_1', reason: 'in the clear', by: { id: ana.id } },
    prevHash: EMPTY_HEAD.hash,
    hash: EMPTY_HEAD.hash,
  };
  const details = { getText: async () => Promise.resolve('something else') };
  expect(await openEntry(details, entry)).toEqual(entry);
});

test('entries keep the order of their calls, those with texts among those without', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const at = '2026-11-22T10:00:00.000Z';
  const override = (id: string) => ({
    id,
    at,
    kind: 'override',
    actor: { kind: 'human', id: 'ana', assurance: 'sso' },
    decision: 'reject',
    reason: `because of ${id}`,
    prior: { source: 'agent', decision: 'refund' },
    actionDigest: `sha256:${'a'.repeat(64)}`,
    outcome: { status: 'pending' },
    agent: 'support',
  });
  const outcome = (id: string) => ({ override: id, status: 'not_executed', at });
  const records = Array.from({ length: 20 }, (_, n) => [
    { seq: n * 2, type: 'override', data: override(`ovr_${n}`) },
    { seq: n * 2 + 1, type: 'override.outcome', data: outcome(`ovr_${n}`) },
  ]).flat();
  expect(await (await agent.evidence(records)).json()).toMatchObject({ accepted: 40 });
  const sealed = (await companion.audit()).flatMap(({ data }) => data['evidenceSeq'] ?? []);
  expect(sealed).toEqual(records.map(({ seq }) => seq));
  expect(await logOf(companion)).not.toContain('because of');
});

test('where the detail store cannot be written a policy is refused, and a kill is in force all the same', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const { writeFile } = await import('node:fs/promises');
  await writeFile(join(companion.dataDir, 'detail-keys'), 'in the way');
  const refused = await companion.client.publishPolicy({ ...publish, rules: RULES });
  expect(refused).toMatchObject({ ok: false, error: { code: 'ledger_unavailable' } });
  value(await companion.client.contain({ ...revoke, kind: 'kill', scope: 'global' }));
  expect(await agent.state(({ containments }) => containments.length === 1)).toBeDefined();
  expect(companion.logged.join('\n')).toContain('in force and NOT sealed');
});

test('a text of an entry that retention carried over is shown too', async () => {
  const { companion } = await said();
  const details = createDetailStore({ dataDir: companion.dataDir });
  const [entry] = await companion.audit('containment.requested');
  if (entry === undefined) throw new Error('it should be in the log');
  const carried = { ...entry, type: 'ledger.carried', data: { entry } };
  const { data } = await openEntry(details, carried);
  expect(data).toMatchObject({ entry: { data: { containment: { reason: ORDER } } } });
});

/** All that shows what people wrote. */
async function shown(companion: TestCompanion, rollback: string): Promise<unknown> {
  const { plane, client } = companion;
  return {
    containments: (await plane.containments()).map(({ containment }) => containment),
    plans: plane.plans(),
    proposals: plane.policyProposals(),
    policy: plane.policy(),
    approvals: (await plane.approvals()).map(({ override }) => override),
    rollback: value(await client.rollback(rollback)).reason,
  };
}

test('whichever text is destroyed, the companion shows what the next one will', async () => {
  let companion = await startCompanion();
  const { client } = companion;
  const by = (reason: string) => ({ actor: ana, reason });
  const { id } = value(await client.contain({ ...revoke, ...by('ordered') })).containment;
  value(await client.release(id, by('lifted')));
  value(await client.switchPlan('loops', { on: true, ...by('on call agreed') }));
  companion.clock.advance(1_000);
  value(await client.switchPlan('loops', { on: false, ...by('too eager') }));
  for (const reason of ['first rules', 'second rules'])
    value(await client.publishPolicy({ ...publish, rules: RULES, ...by(reason) }));
  value(await client.proposePolicy({ ...publish, rules: RULES, ...by('third rules') }));
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  const answer = { decision: 'approve', ...by('looks right') } as const;
  const { id: override } = value(await client.answer('apr_i-1', answer));
  const at = '2026-11-22T10:01:00.000Z';
  const outcome = { override, status: 'failed', at, detail: 'Bob was not there' };
  const effect = {
    id: 'eff_1',
    at,
    agent: 'support',
    tool: 'refund',
    actionDigest: 'none',
    run: 'run_1',
    reversibility: 'reversible',
    compensable: false,
  };
  await agent.evidence([
    { seq: 0, type: 'override.outcome', data: outcome },
    { seq: 1, type: 'effect', data: effect },
  ]);
  const order = { scope: { run: 'run_1' }, ...by('wrong customer') };
  const { id: rollback = '' } = value(await client.requestRollback(order));
  const digests = await digestsIn(companion);
  expect(digests).toHaveLength(10);
  for (const digest of digests) {
    await createDetailStore({ dataDir: companion.dataDir }).destroy(digest);
    await companion.plane.forgetTexts(new Set([digest]));
    const now = await shown(companion, rollback);
    companion = await companion.restart();
    expect(now).toEqual(await shown(companion, rollback));
  }
  expect(JSON.stringify(await shown(companion, rollback))).not.toMatch(
    / rules"|eager|right|Bob|wrong/,
  );
});
